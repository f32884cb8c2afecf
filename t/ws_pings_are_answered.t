#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Each ping is answered by a pong with its payload, in order, also between
# fragments; pongs are not.

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
        zone          4m;
        history       1 1s;
        message_size  4k;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        rt_receive  publish;

        location = /events {
            rt_subscribe  news $connection;
        }

        location = /attached {
            rt_subscribe  news $connection;
            rt_detach     off;
        }
    }
}

CONF

for my $uri ('/events', '/attached') {
    my $ws = $t->websocket($uri);

    for my $n (0, 1, 124, 125) {
        my $data = join '', map { chr(($_ * 7) % 256) } 1 .. $n;

        $ws->send_ping($data);
        my $pong = $ws->pong;
        ok($pong && $$pong eq $data, "$uri: $n bytes come back");
    }

    $ws->send_singly($ws->frame(9, 'byte by byte'));
    is(${$ws->pong || \''}, 'byte by byte', "$uri: so they do in pieces");

    # a message in fragments, pings between and within

    my $bytes = $ws->frame(1, 'a', fin => 0) . $ws->frame(9, 'p1')
        . $ws->frame(0, 'b', fin => 0) . $ws->frame(9, 'p2')
        . $ws->frame(10, 'unasked') . $ws->frame(9, '')
        . $ws->frame(0, '', fin => 0) . $ws->frame(0, 'c')
        . $ws->frame(9, 'p3');

    for my $at (0 .. length $bytes) {
        $ws->send_cut($bytes, $at);

        my $text = ($ws->data(1))[0] // '';
        my @pongs = map { my $p = $ws->pong; $p ? $$p : 'none' } 1 .. 4;

        is("$text @pongs", 'abc p1 p2  p3', "$uri: cut at $at");
    }

    $ws->send_singly($bytes);
    my $text = ($ws->data(1))[0] // '';
    my @pongs = map { my $p = $ws->pong; $p ? $$p : 'none' } 1 .. 4;
    is("$text @pongs", 'abc p1 p2  p3', "$uri: byte by byte");

    # many at once

    $ws->send_raw(join '', map { $ws->frame(9, "p$_") } 1 .. 2000);
    my @many = map { my $p = $ws->pong; $p ? $$p : 'none' } 1 .. 2000;
    is("@many", join(' ', map { "p$_" } 1 .. 2000), "$uri: many in order");

    # pongs are a sign of life and nothing else

    $ws->send_frame(10, 'x' x 125) for 1 .. 10;
    $ws->send_text('end');
    is(join(' ', $ws->data(1)), 'end', "$uri: pongs are passed over");
    ok(!@{$ws->{pongs}}, "$uri: and not answered");
    $ws->close;
}

is($t->status->{streams}{news}{counters}{violations}, 0, 'no rule was broken');

$t->finish;
