#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Whether the request is kept or not makes no difference for the client: the
# same bytes, to the last, and the same patience with a slow one.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     16m;
        history  1000 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport sndbuf=16k;
        keepalive_timeout  0;

        location = /events {
            rt_subscribe  news $arg_topic;
            rt_lifetime   1s;
        }

        location = /publish {
            rt_publish  news $arg_topic;
            client_body_buffer_size  128k;
        }

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
            rt_lifetime   1s;
        }

        location = /slow/events {
            rt_subscribe  news $arg_topic;
            rt_buffer     64k;
        }

        location = /slow/attached {
            rt_subscribe  news $arg_topic;
            rt_buffer     64k;
            rt_detach     off;
        }
    }
}

CONF

my @uris = qw(/events?topic=a /attached?topic=a);

for my $version ('1.0', '1.1') {
    my @sockets = map { my $s = $t->connect; $s->syswrite(
        "GET $_ HTTP/$version\r\nHost: localhost\r\n\r\n"); $s } @uris;

    ok($t->wait_subscribers('news', 2), 'both are subscribed');

    $t->publish('a', $_, event => /^(one|two)/ ? $1 : '')
        for 'one', "two\nlines\r\nor\rmore\n", '', ': ', ' ',
            'x' x 65000, "\xc3\xa4" x 100;

    my @bytes = map {
        my ($s, $text) = ($_, '');
        1 while sysread $s, $text, 65536, length $text;
        $text =~ s/\r\nDate: .*?\r\n/\r\n/r;
    } @sockets;

    cmp_ok(length $bytes[0], '>', 65000, "bytes of HTTP/$version");
    ok($bytes[0] eq $bytes[1], 'are the same');
    like($bytes[1], qr/\r\n0\r\n\r\n$/, 'to the last chunk')
        if $version eq '1.1';
}

my @clients = map { $t->client("/slow$_", rcvbuf => 4096) } @uris;
$t->pump(\@clients, sub { !grep { !$_->primed } @clients });

my $p = $t->publisher;
$p->publish('a', "$_ " . 'x' x 30000) for 1 .. 100;

ok($t->pump(\@clients, sub { !grep { $_->got < 100 } @clients }, 10),
   'slow clients got all when they read again');
is((grep { join(' ', map { $_->{data} =~ /^(\d+)/ } $_->got)
           ne join ' ', 1 .. 100 } @clients), 0, 'once and in order');
is((map { $_->{opened} } @clients)[1], 1, 'the attached one was not closed');

$_->close for @clients;
$t->drop('news', 'a');

$t->finish;
