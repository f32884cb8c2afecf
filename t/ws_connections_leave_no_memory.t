#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# After 100,000 connections that ended, with a close frame, in the middle of a
# message or by a reset, a worker is no larger than after 20,000.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

plan skip_all => 'no /usr/bin/python3' if !-x '/usr/bin/python3';

my $t = Test::RT->new->conf(<<'CONF')->run;

%%GLOBALS%%

events {
    worker_connections  4096;
}

http {
    %%HTTP%%

    access_log  off;

    rt_stream news {
        zone     4m;
        history  10 1s;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /ws {
            rt_subscribe  news $arg_topic;
            rt_receive    publish;
        }
    }
}

CONF

my ($some, $more) = $ENV{RT_SANITIZE} ? (1000, 1000) : (20_000, 80_000);

sub storm {
    my ($n) = @_;

    my $port = $t->port;
    my $out = `/usr/bin/python3 t/python/storm.py $port '/ws?topic=a' $n`;

    is($?, 0, "$n connections");
    is($out, $n * 5 / 8 . ' closed, ' . $n * 3 / 8 . " without\n",
       'each ended as it should');
    ok($t->wait_subscribers('news', 0), 'and is gone');
}

sub memory {
    my $sum = 0;
    $sum += $t->rss($_) for $t->worker_pids;
    return $sum;
}

storm($some);
my $rss = memory();

storm($more);
my $rss2 = memory();

SKIP: {
    skip 'memory is not given back under a sanitizer', 1 if $ENV{RT_SANITIZE};
    cmp_ok($rss2 - $rss, '<', 1 << 20, 'workers did not grow');
}

$t->finish;
