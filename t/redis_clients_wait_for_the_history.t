#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Clients that come before the history is filled are answered at once, and greeted
# when it is.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new;
$t->redis(appendonly => 'yes', appendfsync => 'always');
$t->conf(<<'CONF');

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

my $redis = $t->redis;
my @ids = map { $redis->add('rt:{news}', 'a', "old $_") } 1 .. 5;

$redis->stop;
$t->run;

my $resuming = $t->subscribe('/events?topic=a', last_id => $ids[1],
                             nowait => 1);
my $new = $t->subscribe('/events?topic=a', nowait => 1);
my $ws = $t->websocket("/events?topic=a&last_event_id=$ids[2]",
                       protocol => 'rt.json');

ok(wait_for(sub { $_->pump(0.02) for $resuming, $new;
                  2 == grep { ($_->status // 0) == 200 } $resuming, $new }, 10),
   'clients are answered');
is($new->last_id, '', 'but not greeted yet');

is($t->http('POST', '/publish?topic=a', body => 'x')->{status}, 503,
   'publishers are refused');
ok(!$t->status->{streams}{news}{redis}{ready}, 'the status says it');

$redis->start;

is(join(', ', $resuming->data(3)), 'old 3, old 4, old 5',
   'who resumes gets what it missed, without a gap');
is($ws->json->{position}, $ids[2], 'a WebSocket is told where it is');
is(join(', ', map { $ws->json->{data} } 1 .. 2), 'old 4, old 5',
   'and gets what it missed');

my $id = $t->publish_again('a', 'new')->{id};
is($new->event->{id}, $id, 'a new client gets what is new');
is($resuming->event->{id}, $id, 'and so do the others');

$_->close for $resuming, $new, $ws;
$t->drop('news', 'a');

$t->finish;
