#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A Redis that is there and does nothing costs publishers no more than the
# timeout; then all goes on.

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
        redis    %%REDIS%% timeout=1s probe=1s;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
            rt_ping       200ms;
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

$t->redis->pause;

for (1 .. 3) {
    my $from = time;
    my $r = $t->http('POST', '/publish?topic=a', body => "paused $_",
                     timeout => 20);
    is($r->{status}, 503, 'a publisher gets 503');
    ok($r->{headers}{'retry-after'}, 'with Retry-After');
    cmp_ok(time - $from, '<', 1 + 2 * $Test::RT::PATIENCE, 'in time');
}

my $comments = $sub->{comments};
ok(wait_for(sub { $sub->pump(0.05); $sub->{comments} > $comments + 2 }),
   'subscribers are pinged');

$t->redis->resume;

my $id = $t->publish_again('a', 'after')->{id};

ok(wait_for(sub {
    $sub->pump(0.05);
    grep { $_->{id} eq $id } $sub->events;
}, 15), 'then messages are delivered');

# what was answered 503 may be there or not, but not twice

my @ids = map { $_->{id} } $sub->events;
my @entries = map { $_->{id} } $t->redis->entries('rt:{news}');
shift @entries;
is("@ids", "@entries", 'all that is in Redis, once and in order');

$sub->close;
$t->drop('news', 'a');

$t->finish;
