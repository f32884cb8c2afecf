#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Redis keeps no messages of channels, so a connection that was lost is a gap for
# each subscriber.

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

my $sub = $t->subscribe('/events?topic=a');
my $json = $t->websocket('/events?topic=a', protocol => 'rt.json');
my $raw = $t->websocket('/events?topic=a');
$json->json;

$t->redis->cli('PUBLISH', 'rt:news:a', 'before');
my $before = $sub->event;
is($before->{data}, 'before', 'a message is delivered, and no gap before');
is($json->json->{data}, 'before', 'over WebSocket, too');

$t->redis->cli('CLIENT', 'KILL', 'TYPE', 'pubsub');
my $gap = $sub->event;
is($gap->{event}, 'rt.gap', 'a connection was lost: a gap');
is(Test::RT::json($gap->{data})->{after}, $before->{id},
   'after the last message');
ok($json->json->{gap}, 'over WebSocket, too');
is($raw->wait_close_code, 4409, 'a raw client is closed');

$t->redis->cli('PUBLISH', 'rt:news:a', 'after');
is($sub->event->{data}, 'after', 'it goes on');

my $resumed = $t->subscribe('/events?topic=a', last_id => $before->{id});
is($resumed->event->{event}, 'rt.gap', 'who resumes from before is told');

my $pid = $t->status->{streams}{news}{redis}{follower};
$t->expect_alert(qr/exited on signal 9/, qr/was locked by/);
kill 'KILL', $pid;

my $next = $t->client('/events?topic=a');
$t->pump([$next], sub { $next->primed });

ok(wait_for(sub {
    my $f = eval { $t->status->{streams}{news}{redis}{follower} };
    $f && $f != $pid && eval { $t->wait_redis };
}, 10), 'another worker follows');
$t->publish_again('a', 'newest');
ok($t->pump([$next], sub { grep { $_->{data} eq 'newest' } $next->got }, 10),
   'and messages are delivered');

$_->close for $sub, $json, $next, $resumed;
$t->drop('news', 'a');

$t->finish;
