#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Redis is killed again and again while messages are published, and started with
# its data: each message that was acknowledged arrives, exactly once.

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

my $l = Test::RT::Ledger->new($t, topics => [qw(a b)])->start;

for (1 .. 8) {
    ok($l->more(40), 'messages are published');

    $t->redis->kill;
    $t->redis->start;
}

ok($l->more(40), 'and again at the end');

my $sum = $l->check;
is($sum->{missing}, 0, 'none is missing');
is($sum->{gaps}, 0, 'and no gap was told');

my $entries = join ' ', map { $_->{id} } $t->redis->entries('rt:{news}');
is((grep { join(' ', map { $_->{id} } $_->got) ne $entries } $l->clients), 0,
   'all that is in Redis was delivered, and nothing else');

$l->close;
$t->drop('news', 'a', 'b');

$t->finish;
