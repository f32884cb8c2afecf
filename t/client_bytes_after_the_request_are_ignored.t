#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A subscriber has nothing to say: what it sends is dropped, and only its end of
# the connection ends it.

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

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $pipelined = "GET /events?topic=a HTTP/1.1\r\nHost: localhost\r\n"
    . "Accept: text/event-stream\r\n\r\n";

for my $uri (qw(/events /attached)) {
    # a second request comes with the first, more of them later

    my $sub = $t->subscribe("$uri?topic=a", after => $pipelined);
    my $s = $sub->{socket};

    is($sub->status, 200, "$uri subscribes in front of pipelined bytes");

    $t->publish('a', 'one');
    is(($sub->data(1))[0], 'one', 'it got a message');

    for ($pipelined, "\0\xff garbage\r\n\r\n", "\r\n", 'x' x 20000) {
        $s->syswrite($_);
    }

    $t->publish('a', 'two');
    is(($sub->data(1))[0], 'two', 'and one after more bytes');
    is($t->status->{streams}{news}{subscribers}{sse}, 1,
       'nothing else was subscribed');

    # with rt_detach off nginx leaves them where they are

    my $left = $uri eq '/events' ? 1_000_000 : 10_000;

    wait_for(sub {
        $left -= $s->syswrite('y' x ($left < 10_000 ? $left : 10_000)) // 0;
        $left <= 0;
    });

    is($left, 0, 'nginx takes what comes');

    $t->publish('a', 'three');
    is(($sub->data(1))[0], 'three', 'and the subscriber still gets messages');

    shutdown $s, 1;

    ok($t->wait_subscribers('news', 0), 'half a close ends the subscription');
    ok($sub->wait_close, 'and the connection');

    $sub->close;
}

$t->finish;
