#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Redis is killed again and again while messages are published, and started without
# its data: each message that was acknowledged arrives once, or in a told gap.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new;
$t->redis(appendonly => 'yes', appendfsync => 'always');
$t->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     16m;
        history  100000 1h;
        redis    %%REDIS%% maxlen=100000;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic event=$arg_event;
        }
    }
}

CONF

$t->wait_redis;

my $l = Test::RT::Ledger->new($t)->start;

for (1 .. 8) {
    ok($l->more(40), 'messages are published');

    $t->redis->kill->wipe;
    $t->redis->start;
}

ok($l->more(40), 'and again at the end');

my $sum = $l->check;
cmp_ok($sum->{gaps}, '>=', $l->clients, 'gaps were told');

$l->close;
$t->drop('news', 'a');

$t->finish;
