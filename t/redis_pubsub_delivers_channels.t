#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# What is published to a channel is delivered to the topic of its name, and what
# is published through nginx goes through the channel.

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

my $s = $t->status->{streams}{news};
is($s->{broker}, 'redis-pubsub', 'the broker is Pub/Sub');
is($s->{redis}{channel}, 'rt:news:', 'channels begin with the name');

my $sub = $t->subscribe('/events?topic=a%20b');
my $other = $t->subscribe('/events?topic=other');

is($t->redis->cli('PUBLISH', 'rt:news:a b', 'hello'), 1, 'one host follows');
is($sub->event->{data}, 'hello', 'it delivers the payload');

my $envelope = '{"data":"x","event":"y"}';
$t->redis->cli('PUBLISH', 'rt:news:a b', $envelope);
my $event = $sub->event;
is($event->{data}, $envelope, 'an object is delivered as it is');
is($event->{event}, 'message', 'without a type');

my $answer = $t->publish('a%20b', 'through nginx');
is_deeply($answer, { id => undef, topic => 'a b', subscribers => 1 },
          'an answer has no id');
is($sub->event->{data}, 'through nginx', 'the message comes back');

my $r = $t->http('POST', '/publish?topic=a&event=e', body => 'x');
is($r->{status}, 400, 'there are no types of events');

$t->redis->cli('PUBLISH', "rt:news:$_", 'x') for '', "a\n", 'x' x 300;
$t->redis->cli('PUBLISH', 'rt:else:other', 'x');
$t->redis->cli('PUBLISH', 'rt:news:other', 'last');
is($other->event->{data}, 'last', 'what is no topic is skipped');
is($t->status->{streams}{news}{counters}{skipped}, 3, 'and counted');
is(() = $t->read('error.log') =~ /\[warn\].*message of channel/g, 1,
   'with one line in the log');

my $resumed = $t->subscribe('/events?topic=a%20b', last_id => $event->{id});
is($resumed->event->{data}, 'through nginx', 'ids of the host resume');

$_->close for $sub, $other, $resumed;
$t->drop('news', 'a%20b', 'other');

$t->finish;
