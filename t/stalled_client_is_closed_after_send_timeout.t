#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client that takes nothing for "send_timeout" is closed, whether messages go
# on or not; others stay.

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
        zone     4m;
        history  10 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport sndbuf=16k;
        send_timeout  1s;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
            client_body_buffer_size  64k;
        }

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
        }
    }
}

CONF

for my $flow (0, 1) {
    my $reader = $t->client('/events?topic=a');
    $t->pump([$reader], sub { $reader->primed });

    my @stalled = map { $t->subscribe("$_?topic=a", rcvbuf => 4096) }
                  '/events', '/attached';

    ok($t->wait_subscribers('news', 3), 'subscribers are there');

    for my $n (1 .. 20) {
        $t->publish('a', 'x' x 50000);
        $t->pump([$reader], sub { $reader->got == $n });
    }

    my $n = 20;

    ok($t->pump([$reader], sub {
        $t->publish('a', 'more') && $n++ if $flow;
        return $t->status->{streams}{news}{subscribers}{sse} == 1;
    }, 10), $flow ? 'stalled clients were closed, messages or not'
                  : 'stalled clients were closed');

    ok($t->pump([$reader], sub { $reader->got == $n }), 'the other has all');
    is($reader->{opened}, 1, 'and was not closed');

    $_->close for $reader, @stalled;
    ok($t->wait_subscribers('news', 0), 'all are gone');
}

my $timeouts = () = $t->read('error.log') =~ /client timed out/g;
is($timeouts, 4, 'log says why');

$t->drop('news', 'a');

$t->finish;
