#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# The host of the URL may be a name, which is looked up when nginx starts.

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
        redis    redis://localhost:%%REDIS_PORT%%/0;
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
my $id = $t->publish('a', 'hello')->{id};

is($sub->event->{id}, $id, 'a message is delivered');
is(($t->redis->entries('rt:{news}'))[0]{id}, $id, 'by way of Redis');

$sub->close;
$t->drop('news', 'a');

$t->finish;
