#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# With "envelope=on" an object with a member "data" says data and type of event.

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
        redis    %%REDIS%% pubsub channel=my. envelope=on;
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

sub got {
    my ($payload) = @_;

    $t->redis->cli('PUBLISH', 'my.a', $payload);
    my $event = $sub->event;

    return "$event->{event} $event->{data}";
}

is(got('{"data":"x","event":"tick"}'), 'tick x', 'text and its type');
is(got('{"data":{"b":[1,0.1]}}'), 'message {"b":[1,0.1]}', 'any JSON');
is(got('{"data":"x","topic":"b"}'), 'message x', 'the channel says the topic');
is(got('{"other":1}'), 'message {"other":1}', 'no "data": as it is');
is(got('[1]'), 'message [1]', 'no object: as it is');
is(got('no JSON'), 'message no JSON', 'no JSON: as it is');

is($t->publish('a', '{"data":"x"}', event => 'e')->{id}, undef,
   'a message with a type is published');
my $event = $sub->event;
is($event->{event}, 'e', 'its type comes back');
is($event->{data}, '{"data":"x"}', 'and its data, whatever they look like');

my $bytes = join '', map { chr } 128 .. 255;
$t->publish('a', $bytes);
is($sub->event->{data}, $bytes, 'bytes that are no text come back');
is($t->http('POST', '/publish?topic=a&event=e', body => $bytes)->{status}, 400,
   'but cannot have a type');

$t->redis->cli('PUBLISH', 'my.a', '{"data":"x","event":1}');
$t->redis->cli('PUBLISH', 'my.a', '{"data":"after"}');
is($sub->event->{data}, 'after', 'an envelope that is wrong is skipped');
is($t->status->{streams}{news}{counters}{skipped}, 1, 'and counted');

$sub->close;
$t->drop('news', 'a');

$t->finish;
