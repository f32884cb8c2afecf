#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A storm of messages costs the zone, and no other memory.

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
        zone     1m;
        history  100000 1h;
        redis    %%REDIS%% pubsub;
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

my $sub = $t->subscribe('/events?topic=quiet');
my ($pid) = $t->status->{streams}{news}{redis}{follower};
my $data = 'x' x 1000;

$t->redis->pipeline(map { ['PUBLISH', "rt:news:t$_", $data] } 1 .. 200);
my $rss = $t->rss($pid);

for (1 .. 50) {
    $t->redis->pipeline(map { ['PUBLISH', "rt:news:t$_", $data] } 1 .. 500);
}

$t->redis->cli('PUBLISH', 'rt:news:quiet', 'last');
is(($sub->data(1))[0], 'last', 'after 25 MB of messages the last one arrives');

my $s = $t->status->{streams}{news};
cmp_ok($s->{counters}{evicted}, '>', 20000, 'older ones made room');
cmp_ok($s->{zone}{used}, '<=', $s->{zone}{size}, 'within the zone');
cmp_ok($t->rss($pid) - $rss, '<', 8 * 1024 * 1024, 'the worker has not grown')
    if !$ENV{RT_SANITIZE};

$sub->close;
$t->stop;
pass('done');

done_testing();
