#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# redis-cli, the client of Python and that of Node.js publish to the stream.

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
        redis    %%REDIS%%;
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

my $sub = $t->subscribe('/events?topic=a');
my $port = $t->redis->port;

is(system('redis-cli', '-p', $port, 'XADD', 'rt:{news}', 'MAXLEN', '~', 1000,
          '*', 't', 'a', 'd', 'of redis-cli', 'e', 'cli'), 0, 'redis-cli');
my $event = $sub->event;
is("$event->{event} $event->{data}", 'cli of redis-cli', 'is delivered');

is(system('/usr/bin/python3', 't/python/redis_publish.py', $port), 0,
   'python3-redis');
is($sub->event->{data}, "of Python \x{c3}\x{a9}", 'is delivered');

is(system('node', 't/node/redis_publish.js', $port), 0, 'ioredis');
is($sub->event->{data}, 'of Node.js', 'is delivered');

$sub->close;
$t->drop('news', 'a');

$t->finish;
