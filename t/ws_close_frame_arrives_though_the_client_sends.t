#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client that is closed for what it sent reads why, though it goes on
# sending: no reset comes before.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);

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

my $junk = 'x' x 65536;

for (@ways) {
    my ($name, $uri, %opt) = @$_;

    for my $n (1 .. 5) {
        my $ws = $t->websocket($uri, %opt);
        my $sent = 0;

        $ws->send_frame(1, 'abc', mask => '');

        # without reading, until there has been time for a reset

        my $end = time + 0.3;

        while (time < $end && $sent < 8 << 20) {
            my $n = $ws->send_some($junk) || 0;
            $sent += $n;
            select undef, undef, undef, 0.005 if !$n;
        }

        is($ws->close_frame, 1002, "$name: close frame arrives, time $n");
        ok($ws->wait_close, "$name: and the connection ends");
        cmp_ok($sent, '>', 100000, "$name: client was sending");
        $ws->close;
    }
}

ok($t->wait_subscribers('news', 0), 'all are gone');

$t->finish;
