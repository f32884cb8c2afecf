#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A Redis that takes nothing more because its memory is full: publishers get
# 503, and the link stays.

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
        redis    %%REDIS%% timeout=2s;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
            rt_receive    publish;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

$t->wait_redis;

my $sub = $t->subscribe('/events?topic=a');
my $ws = $t->websocket('/events?topic=a', protocol => 'rt.json');
$ws->json;

my $id = $t->publish('a', 'before')->{id};
is($_->event->{id}, $id, 'a message is delivered') for $sub, $ws;

$t->redis->cli('CONFIG', 'SET', 'maxmemory', 1);

for (1 .. 3) {
    my $r = $t->http('POST', '/publish?topic=a', body => 'x', timeout => 20);
    is($r->{status}, 503, 'a publisher gets 503');
    ok($r->{headers}{'retry-after'}, 'with Retry-After');
}

my $r = $t->http('POST', '/publish?topic=a', timeout => 20,
    body => qq({"data":1}\n{"data":2}\n{"data":3}\n),
    headers => { 'Content-Type' => 'application/x-ndjson' });
is($r->{status}, 503, 'so does one with a batch');
is(json($r->{body})->{published}, 0, 'of which nothing was published');
is(json($r->{body})->{line}, 1, 'from the first line on');

$ws->send_json({ topic => 'a', data => 'x', ref => 1 });
my $m = $ws->json;
ok($m && $m->{error}, 'so does a client over WebSocket');

like($t->read('error.log'), qr/\[error\].*redis.*OOM/, 'the log says why');
is($t->redis->cli('XLEN', 'rt:{news}'), 1, 'nothing was published');

$t->redis->cli('CONFIG', 'SET', 'maxmemory', 0);

$id = $t->publish('a', 'after')->{id};
is($_->event->{id}, $id, 'with memory it goes on at once') for $sub, $ws;

$_->close for $sub, $ws;
$t->drop('news', 'a');

$t->finish;
