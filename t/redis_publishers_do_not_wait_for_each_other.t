#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# One link of a worker carries what many publishers send at once.

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
        redis    %%PROXY%% timeout=10s probe=60s;
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

$t->proxy->stall_replies;

my @jobs = map { my $n = $_; $t->background(sub {
    my $a = $t->publish('a', $n, timeout => 20);
    [$n, $a->{id}];
}) } 1 .. 20;

ok(wait_for(sub { $t->redis->cli('XLEN', 'rt:{news}') == 20 }, 10),
   'all messages are in Redis before one is answered');

$t->proxy->pass;

my %id = map { $_->{d} => $_->{id} } $t->redis->entries('rt:{news}');
my $bad = grep { my ($n, $id) = @{wait_for($_, 10)}; $id ne $id{$n} } @jobs;

is($bad, 0, 'each publisher has the id of its message');

ok(wait_for(sub { $t->status->{streams}{news}{messages} == 20 }),
   'all are in the history');

$t->drop('news', 'a');

$t->finish;
