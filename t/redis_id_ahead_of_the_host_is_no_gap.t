#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client that comes from another host may have an id which this one has not
# received yet: it gets what comes after it.

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
        redis    %%PROXY%% timeout=10s;
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

my $first = $t->subscribe('/events?topic=a');
$t->publish('a', 'first');
$first->event;

$t->proxy->stall_replies;

my @ids = map { $t->redis->add('rt:{news}', 'a', "m$_") } 1 .. 4;

my $sub = $t->subscribe('/events?topic=a', last_id => $ids[1]);
ok($sub->silent(0.3), 'nothing is told, nothing repeated');

$t->proxy->pass;
is(join(' ', $sub->data(2)), 'm3 m4', 'what comes after the id is delivered');
is(join(' ', $first->data(4)), 'm1 m2 m3 m4', 'to others all of it');

my ($ms) = split /-/, $ids[3];
my $bad = $t->subscribe('/events?topic=a', last_id => ($ms + 86400_000) . '-0');
is($bad->event->{event}, 'rt.gap', 'an id of tomorrow was made up: a gap');

$_->close for $first, $sub, $bad;
$t->drop('news', 'a');

$t->finish;
