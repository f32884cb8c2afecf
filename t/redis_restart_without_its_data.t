#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Redis is started again empty: what was delivered stays in the history, and new
# messages are delivered.

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
        redis    %%REDIS%% timeout=1s;
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
my @ids = map { $t->publish('a', "old $_")->{id} } 1 .. 10;
is(join(' ', map { $_->{id} } map { $sub->event } 1 .. 10), "@ids",
   'messages are delivered');

$t->redis->kill->wipe->start;
is($t->redis->cli('DBSIZE'), 0, 'Redis is empty');

my $id = $t->publish_again('a', 'new')->{id};

my $e = $sub->event(10);
$e = $sub->event(10) if $e && $e->{event} eq 'rt.gap';
is($e->{id}, $id, 'a new message is delivered');
is($t->id_cmp($id, $ids[-1]), 1, 'its id is larger');

my $more = $t->redis->add('rt:{news}', 'a', 'more');
is($sub->event->{id}, $more, 'and those of others');

my $resumed = $t->subscribe('/events?topic=a', last_id => $ids[4]);
is($resumed->event->{event}, 'rt.gap', 'who resumes from before is told');
is(join(' ', $resumed->data(2)), 'new more', 'and gets what Redis has');

$_->close for $sub, $resumed;
$t->drop('news', 'a');

$t->finish;
