#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Messages in fragments of a byte or of nothing, sent as fast as can be,
# neither grow the worker nor keep others waiting.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new(workers => 1)->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  1 1s;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        rt_receive  publish;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $ws = 'Test::RT::WebSocket';
my $worker = $t->worker_pids;

my %flood = (
    'empty fragments' => $ws->frame(0, '', fin => 0) x 5000,
    'pongs' => $ws->frame(10, '') x 5000,
    'messages' => $ws->frame(1, 'x') x 2000,
);

for my $name (sort keys %flood) {
    my @bad = map { $t->websocket("/events?topic=bad$_", mute => 1) } 1 .. 4;
    my $good = $t->websocket('/events?topic=a');
    my $bytes = $flood{$name};

    $_->send_frame(1, 'x', fin => 0)
        for $name eq 'empty fragments' ? @bad : ();

    my $before = 0;
    $before += $t->rss($_) for $t->worker_pids;

    my %rest = map { $_ => $bytes } @bad;
    my ($sent, $n, $slowest) = (0, 0, 0);
    my $end = time + 0.7;

    while (time < $end) {
        for my $c (@bad) {
            my $k = $c->send_some($rest{$c}) || 0;
            substr $rest{$c}, 0, $k, '';
            $rest{$c} = $bytes if $rest{$c} eq '';
            $sent += $k;
            $c->pump(0);
            @{$c->{messages}} = ();
        }

        my $start = time;
        $t->publish('a', ++$n);
        my ($got) = $good->data(1);
        is($got, $n, "$name: message comes") if ($got // '') ne $n;

        my $took = time - $start;
        $slowest = $took if $took > $slowest;
    }

    my $after = 0;
    $after += $t->rss($_) for $t->worker_pids;

    cmp_ok($n, '>', 5, "$name: others are served");
    cmp_ok($slowest, '<', 5, "$name: in time");
    cmp_ok($sent, '>', 50000, "$name: client was sending");
    is((grep { $_->{closed} } @bad), 0, "$name: no rule was broken");

    SKIP: {
        skip 'memory is not given back under a sanitizer', 1
            if $ENV{RT_SANITIZE};
        cmp_ok($after - $before, '<', 2 << 20, "$name: workers do not grow");
    }

    $_->close for @bad, $good;
}

$t->drop('news', 'a', map { "bad$_" } 1 .. 4);

$t->finish;
