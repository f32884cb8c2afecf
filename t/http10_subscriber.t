#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client of HTTP/1.0, or one without chunks, gets the same bytes without them.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

use IO::Poll qw(POLLIN);

my $t = Test::RT->new->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     1m;
        history  100 1s;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
        }

        location = /unchunked {
            rt_subscribe               news $arg_topic;
            chunked_transfer_encoding  off;
        }

        location = /lifetime {
            rt_subscribe  news $arg_topic;
            rt_lifetime   200ms;
        }

        location = /publish {
            rt_publish  news $arg_topic event=$arg_event;
        }
    }
}

CONF

my @clients = map { open_client(@$_) }
    [qw(/events 1.1)], [qw(/events 1.0)], [qw(/attached 1.0)],
    [qw(/attached 1.1)], [qw(/unchunked 1.1)];

$t->wait_subscribers('news', scalar @clients);

$t->publish('a', 'first');
$t->publish('a', "second\nline", event => 'tick');
$t->publish('a', 'x' x 20000);
$t->publish('a', 'last');

my ($expected, @bodies) = map { body($_) } @clients;

like($expected, qr/\Aretry: 2000\nid: \d+-\d+\n\nid: \d+-\d+\ndata: first\n\n/,
     'HTTP/1.1 gets the event stream');

my @names = ('HTTP/1.0', 'HTTP/1.0 with rt_detach off',
             'HTTP/1.1 with rt_detach off', 'HTTP/1.1 without chunks');

for (@names) {
    ok(shift @bodies eq $expected, "$_ gets the same bytes");
}

my $ended = $t->subscribe('/lifetime?topic=a', version => '1.0');
ok($ended->wait_close, 'the end of the connection is the end of the stream');
is($ended->{body}, '', 'and nothing is after the last event');

$ended = $t->subscribe('/lifetime?topic=a');
ok($ended->wait_close && $ended->{ended}, 'chunks have an end of their own');

$_->close for @clients;

$t->finish;


sub open_client {
    my ($uri, $version) = @_;

    my $s = $t->connect;
    $s->syswrite("GET $uri?topic=a HTTP/$version\r\nHost: localhost\r\n\r\n");

    return $s;
}

# reads to the last message; the body without its chunks

sub body {
    my ($s) = @_;

    my $text = '';
    my $poll = IO::Poll->new;
    $poll->mask($s => POLLIN);

    while ($text !~ /data: last\n\n/) {
        last if !$poll->poll(5) || !sysread $s, $text, 65536, length $text;
    }

    return http_parse($text)->{body};
}
