#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client that floods its worker with pings, or with messages that are
# answered, and reads nothing is not read any more; when it reads again, all
# comes.

use strict;
use warnings;

use Test::More;
use Socket qw(SOL_SOCKET SO_SNDBUF);
use Time::HiRes qw(time);

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone          32m;
        history       5000 1h;
        message_size  4k;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport sndbuf=16k rcvbuf=16k;

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

my $ws = 'Test::RT::WebSocket';

my %flood = (
    'small pings' => $ws->frame(9, ''),
    'large pings' => $ws->frame(9, 'x' x 125),
    'echo' => $ws->frame(2, 'x' x 4000),            # by way of the history
    'rt.json' => $ws->frame(1, '{"topic":"none","data":1,"ref":"'
                               . 'x' x 1000 . '"}'),
);

sub rss {
    my $sum = 0;
    $sum += $t->rss($_) for $t->worker_pids;
    return $sum;
}

# so many units as the server takes; it must stop some time

sub flood {
    my ($c, $unit) = @_;

    my $bytes = $unit x (1 + int(100000 / length $unit));
    my $rest = '';
    my $sent = 0;
    my $last = time;

    while (time - $last < 0.25 && $sent < 100 << 20) {
        $rest = $bytes if $rest eq '';
        my $n = $c->send_some($rest) || 0;

        substr $rest, 0, $n, '';
        $sent += $n;
        $last = time if $n;
        select undef, undef, undef, 0.002 if !$n;
    }

    return ($sent, $rest);
}

for my $uri ('/events', '/attached') {
    for my $name (sort keys %flood) {
        my $c = $t->websocket("$uri?topic=a", rcvbuf => 4096, mute => 1,
                              $name eq 'rt.json' ? (protocol => $name) : ());
        my $json = $name eq 'rt.json';
        setsockopt $c->socket, SOL_SOCKET, SO_SNDBUF, 65536;
        my $unit = $flood{$name};

        $c->json if $json;

        my $before = rss();
        my ($sent, $rest) = flood($c, $unit);
        my $grown = rss() - $before;

        cmp_ok($sent, '<', 4 << 20, "$uri: $name: server stops reading");

        SKIP: {
            skip 'memory is not given back under a sanitizer', 1
                if $ENV{RT_SANITIZE};
            cmp_ok($grown, '<', 2 << 20, "$uri: $name: workers do not grow");
        }

        # the unit that was cut is sent to its end while answers are read

        my $cut = length($rest) % length $unit;
        my $units = ($sent + $cut) / length $unit;
        my $tail = $cut ? substr $unit, -$cut : '';
        my $got = 0;

        $t->pump([$c], sub {
            substr $tail, 0, $c->send_some($tail) || 0, '' if $tail ne '';
            $got += my @pongs = splice @{$c->{pongs}};
            $got += my @messages = splice @{$c->{messages}};
            return $got >= $units;
        }, 10);

        is($got, $units, "$uri: $name: each is answered in the end");
        $c->close;
        $t->drop('news', 'a');
    }
}

$t->finish;
