#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# When nobody publishes, a follower whose link is dead finds out by itself.

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
        history  1000 1h;
        redis    %%PROXY%% timeout=1s probe=1s;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

$t->wait_redis;

my $sub = $t->subscribe('/events?topic=a');
$t->publish('a', 'before');
$sub->data(1);

$t->proxy->stall;

my $ever = $t->proxy->stat->{ever};
ok(wait_for(sub { $t->proxy->stat->{ever} > $ever }, 15),
   'links are opened anew though nobody publishes');

$t->redis->add('rt:{news}', 'a', 'meanwhile');
$t->proxy->pass;

is(($sub->data(1, 15))[0], 'meanwhile',
   'what came meanwhile is delivered');

$sub->close;
$t->drop('news', 'a');

$t->finish;
