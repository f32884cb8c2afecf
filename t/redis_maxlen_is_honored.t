#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Publishing keeps the stream in Redis about as long as maxlen says.

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
        history  5000 1h;
        redis    %%REDIS%% maxlen=300;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
            rt_buffer     4m;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

$t->wait_redis;

my $p = $t->publisher;
my $sub = $t->subscribe('/events?topic=a');

for (1 .. 20) {
    $p->batch(map { ['a', $_] } 1 .. 100);
    $p->publish('a', 'one');
}

is(scalar $sub->data(2020, 10), 2020, 'all messages were delivered');

# whole nodes of 100 entries are dropped

my $len = $t->redis->cli('XLEN', 'rt:{news}');
cmp_ok($len, '>=', 300, 'so many are kept');
cmp_ok($len, '<=', 600, 'and not many more');

$sub->close;
$t->drop('news', 'a');

$t->finish;
