#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client that shuts down its side, or just vanishes, without a close frame
# is gone, whatever it was about to say.

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
        zone          4m;
        history       1 1s;
        message_size  4k;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        listen  127.0.0.1:%%PORT_1%% ssl;

        ssl_certificate      %%DIR%%/cert.pem;
        ssl_certificate_key  %%DIR%%/key.pem;

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

my @ways = (
    ['detached', '/events'], ['attached', '/attached'],
    ['over TLS', '/events', ssl => 1, port => $t->port(1)],
    ['attached, over TLS', '/attached', ssl => 1, port => $t->port(1)],
);

my $frame = 'Test::RT::WebSocket';

# TLS answers even those who have gone

$SIG{PIPE} = 'IGNORE';

my @last = (
    ['nothing', ''], ['half a header', "\x81"],
    ['half a frame', substr $frame->frame(1, 'abc'), 0, 7],
    ['half a message', $frame->frame(1, 'abc', fin => 0)],
    ['a message', $frame->frame(1, 'abc')],
);

for (@ways) {
    my ($name, $uri, %opt) = @$_;

    for (@last) {
        my ($what, $bytes) = @$_;

        my $ws = $t->websocket($uri, %opt);
        $ws->send_raw($bytes) if $bytes ne '';
        $ws->half_close;

        ok($ws->wait_close(3), "$name: closed after $what");
        is($ws->{close_code}, undef, "$name: without a close frame");
        $ws->close;

        $ws = $t->websocket($uri, %opt);
        $ws->send_raw($bytes) if $bytes ne '';
        $ws->close;
    }

    my $early = $t->websocket($uri, %opt, after => "\x81", nowait => 1);
    $early->half_close;
    ok($early->wait_close(3), "$name: closed when it is so from the start");
}

ok($t->wait_subscribers('news', 0), 'all are gone');
is($t->status->{streams}{news}{counters}{violations}, 0,
   'none has broken a rule');

$t->finish;
