#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A Redis that cannot save refuses messages, and PING as well, but what it has
# can be read: a host starts from it, and serves.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new->conf(<<'CONF');

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  1000 1h;
        redis    %%REDIS%% probe=200ms;
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

my $r = $t->redis;
my @ids = map { $r->add('rt:{news}', 'a', "old $_") } 1 .. 3;

# a file where it would save

mkdir $t->dir . '/redis/dump.rdb' or die "mkdir: $!";
$r->cli('CONFIG', 'SET', 'save', '3600 1000000');
$r->call('BGSAVE');
wait_for(sub { $r->cli('INFO') =~ /rdb_last_bgsave_status:err/ }, 10);
like(${$r->call('PING')}, qr/^MISCONF/, 'Redis refuses PING');

$t->run;
ok($t->wait_redis, 'all links are ready');

my $sub = $t->subscribe('/events?topic=a', last_id => $ids[0]);
is(join(', ', $sub->data(2)), 'old 2, old 3', 'its history is served');

my $answer = $t->http('POST', '/publish?topic=a', body => 'x');
is($answer->{status}, 503, 'a publisher gets 503');
like(Test::RT::json($answer->{body})->{error}, qr/refused/, 'and the reason');

ok($sub->silent(0.8), 'some probes later');
is((grep { $_->{state} ne 'ready' || $_->{reconnects} } $t->links('news')), 0,
   'all links have stayed');

$r->cli('CONFIG', 'SET', 'save', '');
my $id = $t->publish_again('a', 'new')->{id};
is($sub->event->{id}, $id, 'when it can save, it goes on');

$sub->close;
$t->drop('news', 'a');

$t->finish;
