#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A body may come in chunks, however they are cut.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

use Time::HiRes qw(sleep);

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

        location = /publish {
            rt_publish  news $arg_topic;
        }

        location = /file {
            rt_publish               news $arg_topic;
            client_body_buffer_size  1k;
        }
    }
}

CONF

my $sub = $t->subscribe('/events?topic=a');
my $text = join ' ', 1 .. 5000;

is(post('/publish', chunks(1e6, 'one chunk')), 200, 'one chunk is accepted');
is(($sub->data(1))[0], 'one chunk', 'subscriber got it');

is(post('/publish', chunks(1, 'many chunks')), 200, 'many are accepted');
is(($sub->data(1))[0], 'many chunks', 'subscriber got them as one');

is(post('/publish', chunks(1, '')), 200, 'no chunk at all is accepted');
is(($sub->data(1))[0], '', 'subscriber got an empty message');

is(post('/publish', chunks(3, 'x;y') =~ s/^3/3;ext=1/r), 200,
   'a chunk extension is accepted');
is(($sub->data(1))[0], 'x;y', 'subscriber got the data only');

is(post('/publish', chunks(700, $text)), 200, 'a long body is accepted');
ok(($sub->data(1))[0] eq $text, 'subscriber got all of it');

is(post('/file', chunks(700, $text)), 200, 'a body in a file is accepted');
ok(($sub->data(1))[0] eq $text, 'subscriber got all of it');

is(post('/publish', 'zz' . chunks(1, 'x')), 400, 'a bad chunk is refused');

# a client that takes its time

my $s = $t->connect;
my @pieces = split //, request('/publish', chunks(2, 'slow'));

while (@pieces) {
    $s->syswrite(join '', splice @pieces, 0, 20);
    sleep 0.01;
}

is(($sub->data(1))[0], 'slow', 'subscriber got a body that came in pieces');

$t->finish;


sub chunks {
    my ($size, $body) = @_;

    my $text = '';

    while (length $body) {
        my $part = substr $body, 0, $size, '';
        $text .= sprintf "%x\r\n%s\r\n", length $part, $part;
    }

    return "${text}0\r\n\r\n";
}

sub request {
    my ($uri, $chunks) = @_;

    return "POST $uri?topic=a HTTP/1.1\r\nHost: localhost\r\n"
        . "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n$chunks";
}

sub post { http_parse($t->raw(request(@_)))->{status} }
