#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Frames that come in one write with the handshake are read, wherever that
# write is cut, detached or not, with TLS or without.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new->certificate->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  100 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        listen  127.0.0.1:%%PORT_1%% ssl;

        ssl_certificate      %%DIR%%/cert.pem;
        ssl_certificate_key  %%DIR%%/key.pem;

        rt_receive  publish;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
        }
    }
}

CONF

my @ways = (
    ['detached', '/events'], ['attached', '/attached'],
    ['over TLS', '/events', ssl => 1, port => $t->port(1)],
    ['attached, over TLS', '/attached', ssl => 1, port => $t->port(1)],
);

my $frame = 'Test::RT::WebSocket';
my $many = join '', map { $frame->frame(1, "m$_") } 1 .. 20;

for (@ways) {
    my ($name, $uri, %opt) = @$_;

    my $ws = $t->websocket("$uri?topic=a", %opt,
                           after => $frame->frame(1, 'one'));
    is(join(' ', $ws->data(1)), 'one', "$name: a frame is read");
    $ws->send_text('two');
    is(join(' ', $ws->data(1)), 'two', "$name: so is the next one");
    $ws->close;

    # all of the rest comes later

    my $all = $frame->frame(1, 'abc', fin => 0) . $frame->frame(9, 'p')
              . $frame->frame(0, 'def') . $frame->frame(1, 'end');

    for my $at (0 .. length($all)) {
        my $ws = $t->websocket("$uri?topic=a", %opt,
                               after => substr $all, 0, $at);
        $ws->send_raw(substr $all, $at);

        my $got = join ' ', $ws->data(2);
        my $pong = $ws->pong;

        is("$got " . ($pong ? $$pong : ''), 'abcdef end p',
           "$name: nothing is lost when $at bytes come early");
        $ws->close;
    }

    $ws = $t->websocket("$uri?topic=a", %opt, after => $many);
    is(join(' ', $ws->data(20)), join(' ', map { "m$_" } 1 .. 20),
       "$name: many are read, in order");
    $ws->close;

    # more than nginx reads with the header

    my $big = 'x' x 30000;
    $ws = $t->websocket("$uri?topic=a", %opt,
                        after => $frame->frame(2, $big));
    ok(($ws->data(1))[0] eq $big, "$name: a large one is complete");
    $ws->close;

    $ws = $t->websocket("$uri?topic=a", %opt,
                        after => $frame->frame(8, pack 'n', 1000));
    is($ws->wait_close_code, 1000, "$name: a close frame is answered");

    $ws = $t->websocket("$uri?topic=a", %opt,
                        after => $frame->frame(1, 'x', mask => ''));
    is($ws->wait_close_code, 1002, "$name: a wrong frame is seen");
}

$t->drop('news', 'a');

$t->finish;
