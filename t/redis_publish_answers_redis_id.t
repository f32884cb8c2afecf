#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A publisher is answered with the id that Redis gave, and subscribers on all
# workers have the message under that id.

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

is($t->status->{streams}{news}{broker}, 'redis', 'the broker is Redis');

my @subs = map { $t->subscribe('/events?topic=a') } 1 .. 10;
my $ws = $t->websocket('/events?topic=a', protocol => 'rt.json');

my @answers = map { $t->publish('a', "message $_", event => 'tick') } 1 .. 20;
my @entries = $t->redis->entries('rt:{news}');

is(@entries, 20, 'each message is an entry');
is(join(' ', map { $_->{id} } @answers), join(' ', map { $_->{id} } @entries),
   'answers have the ids of the entries');
is_deeply($entries[4], { id => $answers[4]{id}, t => 'a', d => 'message 5',
                         e => 'tick' }, 'an entry has topic, data and event');
is($answers[4]{topic}, 'a', 'an answer has the topic');
is($answers[4]{subscribers}, 11, 'and the subscribers of this host');

my $bad = 0;

for my $sub (@subs) {
    my @events = map { $sub->event } 1 .. 20;

    $bad++ if join(' ', map { "$_->{id} $_->{data} $_->{event}" } @events)
        ne join ' ', map { "$_->{id} $_->{d} tick" } @entries;
}

is($bad, 0, 'each subscriber has all messages with these ids, in order');
is(join(' ', map { $ws->event->{id} } @answers),
   join(' ', map { $_->{id} } @answers), 'over WebSocket too');

my $r = $t->http('POST', '/publish?topic=a', body => 'no event');
is($r->{status}, 200, 'a message without an event is published');
is_deeply([sort keys %{($t->redis->entries('rt:{news}'))[-1]}], [qw(d id t)],
          'its entry has none');
is($subs[0]->event->{event}, 'message', 'its subscribers have none');

my $bytes = join '', map { chr } 0 .. 255;
$t->publish('a%20b', $bytes);
my $e = ($t->redis->entries('rt:{news}'))[-1];
is($e->{d}, $bytes, 'each byte is kept');
is($e->{t}, 'a b', 'and the decoded topic');

$_->data(1) for @subs[1 .. 9];
$ws->event;

is($t->status->{streams}{news}{counters}{published}, 22,
   'what was published is counted once');

$t->drop('news', 'a', 'a%20b');

$t->finish;
