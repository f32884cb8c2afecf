#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A publisher that comes while the link is being made again waits for it.

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
$t->publish('a', 'before');

$t->redis->kill;

ok(wait_for(sub { !grep { $_->{state} eq 'ready' } $t->links('news') }, 5),
   'the link is lost');

my $job = $t->background(sub { $t->http('POST', '/publish?topic=a',
                                        body => 'meanwhile')->{status} });
$t->redis->start;

is(wait_for(sub { $job->() }, 10), 200, 'a message that waited is accepted');
is(($t->redis->entries('rt:{news}'))[-1]{d}, 'meanwhile', 'it is in Redis');

$t->redis->kill;
ok(wait_for(sub {
    $t->http('POST', '/publish?topic=a', body => 'x')->{status} == 503;
}, 10), 'if Redis stays away: 503');

$t->drop('news', 'a');

$t->finish;
