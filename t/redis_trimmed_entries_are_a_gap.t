#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Entries that Redis dropped before a host has read them are a gap, told to those
# who are there and to those who come back.

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
        redis    %%PROXY%% timeout=1s;
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
my $before = $t->publish('a', 'before')->{id};
is($sub->event->{id}, $before, 'a message is delivered');

$t->proxy->stall;

ok(wait_for(sub {
    !grep { $_->{state} eq 'ready' } $t->links('news', 'follower');
}, 10), 'the host has lost Redis');

$t->redis->add('rt:{news}', 'a', "unread $_") for 1 .. 20;
$t->redis->cli('XTRIM', 'rt:{news}', 'MAXLEN', 5);

$t->proxy->pass;

my $gap = $sub->event(20);
is($gap->{event}, 'rt.gap', 'a gap is told');
is(Test::RT::json($gap->{data})->{after}, $before, 'after the last message');
is(join(', ', $sub->data(5)), join(', ', map { "unread $_" } 16 .. 20),
   'what is left is delivered');

my $resumed = $t->subscribe('/events?topic=a', last_id => $before);
is($resumed->event->{event}, 'rt.gap', 'who resumes from before is told');
is(join(', ', $resumed->data(5)), join(', ', map { "unread $_" } 16 .. 20),
   'and gets what is left');

like($t->read('error.log'), qr/\[warn\].*trimmed before they were read/,
     'the log tells');

# those that were read may go

$t->redis->cli('XTRIM', 'rt:{news}', 'MAXLEN', 0);
my $id = $t->publish_again('a', 'after')->{id};
is($sub->event->{data}, 'after', 'trimming what was read is no gap');

$_->close for $sub, $resumed;
$t->drop('news', 'a');

$t->finish;
