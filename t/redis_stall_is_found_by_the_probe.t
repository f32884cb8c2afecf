#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A link on which nothing comes any more, and which nobody closes, is given up
# and opened again; until then publishers get 503 within the timeout.

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
is(($sub->data(1))[0], 'before', 'the link is there');

my $links = $t->proxy->stat->{now};
cmp_ok($links, '>=', 2, 'each worker has one');

$t->proxy->stall;

my $from = time;
my $r = $t->http('POST', '/publish?topic=a', body => 'x', timeout => 20);
is($r->{status}, 503, 'a publisher gets 503');
like($r->{headers}{'retry-after'}, qr/^\d+$/, 'with Retry-After');
cmp_ok(time - $from, '<', 1 + 2 * $Test::RT::PATIENCE, 'in time');

my $ever = $t->proxy->stat->{ever};

ok(wait_for(sub { $t->proxy->stat->{ever} >= $links + 2 }, 15),
   'the links are given up and opened again');

ok(!$sub->{closed}, 'subscribers stay');

$t->proxy->pass;

my $id = $t->publish_again('a', 'after')->{id};

ok(wait_for(sub {
    $sub->pump(0.05);
    grep { $_->{id} eq $id } $sub->events;
}, 15), 'messages are delivered when it moves again');

my @ids = map { $_->{id} } $sub->events;
my @entries = map { $_->{id} } $t->redis->entries('rt:{news}');
shift @entries;

is("@ids", "@entries", 'all that is in Redis, once and in order');

like($t->read('error.log'), qr/\[error\].*redis.*(?:timed out|no answer|answer)/i,
     'the log says that nothing came');

$sub->close;
$t->drop('news', 'a');

$t->finish;
