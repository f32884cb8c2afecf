#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# While a client joins and leaves topics all the time, it gets each message of a
# topic that it has, though there is no history to fall back to.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream short {
        zone     1m;
        history  1 1h;
    }

    rt_stream none {
        zone     1m;
        history  off;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location ~ ^/ws/(?<name>short|none)$ {
            rt_subscribe  short $arg_topic dynamic=b;

            if ($name = none) {
                rt_subscribe  none $arg_topic dynamic=b;
            }
        }

        location = /publish/short {
            rt_publish  short $arg_topic;
        }

        location = /publish/none {
            rt_publish  none $arg_topic;
        }
    }
}

CONF

for my $stream ('short', 'none') {
    my @ws = map { $t->websocket("/ws/$stream?topic=a", protocol => 'rt.json') }
             1 .. 6;
    my $n = 3000;

    my $job = $t->background(sub {
        my $p = $t->publisher(uri => "/publish/$stream");

        for my $i (1 .. $n / 10) {
            $p->batch(map { ['a', $_] } 10 * $i - 9 .. 10 * $i);
            sleep 0.002;
        }

        return 1;
    });

    my (%got, %acks);
    my $end = time + 8 * $Test::RT::PATIENCE;

    while (time < $end) {
        for my $i (0 .. $#ws) {
            $ws[$i]->send_json({ subscribe => ['b'], ref => 1 })
                if !$ws[$i]{closed};
            $ws[$i]->send_json({ unsubscribe => ['b'], ref => 2 })
                if !$ws[$i]{closed};
            $ws[$i]->pump(0.001);

            while (my $m = shift @{$ws[$i]{messages}}) {
                my $o = json($m->{data});
                push @{$got{$i}}, $o->{data} if exists $o->{topic};
                push @{$got{$i}}, 'gap' if exists $o->{gap};
                $acks{$i}++ if exists $o->{ack};
            }
        }

        last if $job->()
                && !grep { ($got{$_} || [0])->[-1] ne $n } 0 .. $#ws;
        last if !grep { !$_->{closed} } @ws;
    }

    for my $i (0 .. $#ws) {
        my $all = $got{$i} || [];
        my ($bad) = grep { ($all->[$_] // 'none') ne $_ + 1 } 0 .. $n - 1;
        ok(@$all == $n && !defined $bad, "$stream: client $i got each message")
            or diag(@$all . ' messages, ' . (defined $bad
                ? 'number ' . ($bad + 1) . ' is ' . ($all->[$bad] // 'none')
                : 'all') . ', close '
                . ($ws[$i]{close_code} // 'none') . ' '
                . ($ws[$i]{close_reason} // ''));
        cmp_ok($acks{$i} // 0, '>', 1,
               '... while it joined and left');
    }

    is($t->status->{streams}{$stream}{counters}{gaps}, 0,
       "$stream: there was no gap");

    $_->close for @ws;
    $t->pump([], $job, 10);
    $t->drop($stream, 'a');
}

$t->finish;
