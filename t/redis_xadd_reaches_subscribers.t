#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# What a backend adds to the stream in Redis itself is delivered, whatever bytes
# it has.

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
        history  5000 1h;
        redis    %%REDIS%%;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
            rt_buffer     4m;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

$t->wait_redis;

my $r = $t->redis;
my $key = 'rt:{news}';

my $sse = $t->subscribe('/events?topic=a');
my $ws = $t->websocket('/events?topic=a');
my $json = $t->websocket('/events?topic=a', protocol => 'rt.json');

# by the tool that people use

my $port = $r->port;
chomp(my $id = `redis-cli -p $port XADD $key '*' t a d hello`);

my $e = $sse->event;
is($e->{id}, $id, 'an entry by redis-cli has its id');
is($e->{data}, 'hello', 'its data');
is($e->{event}, 'message', 'and no event type');
is(($ws->data(1))[0], 'hello', 'over WebSocket too');
is($json->event->{id}, $id, 'and with rt.json');

$id = $r->add($key, 'a', 'typed', 'price');
$e = $sse->event;
is($e->{event}, 'price', 'an entry may have an event type');
is($e->{data}, 'typed', 'and its data');
is($json->event->{event}, 'price', 'also with rt.json');
$ws->message;

# any order, fields of others

$r->cli('XADD', $key, '*', d => 'ordered', x => 'y', e => 'z', t => 'a',
        dd => 'w');
$e = $sse->event;
is("$e->{event} $e->{data}", 'z ordered', 'order and other fields do not matter');
$_->message for $ws, $json;

# bytes

$r->add($key, 'a', "one\ntwo\r\nthree\n");
is($sse->event->{data}, "one\ntwo\nthree\n", 'lines are lines');
is($ws->message->{data}, "one\ntwo\r\nthree\n", 'as they are over WebSocket');
$json->event;

my $all = join '', map { chr } 0 .. 255;
$r->add($key, 'a', $all);
my $m = $ws->message;
ok($m->{data} eq $all, 'each byte is as it was');
is($m->{opcode}, 2, 'in a binary frame');
is($json->event->{encoding}, 'base64', 'or as base64');
$sse->event(1);

$r->add($key, 'a', '');
is($ws->message->{data}, '', 'no data is a message');
$sse->event;
$json->event;

$r->add($key, 'a', 'x' x 60000);
is(length $ws->message->{data}, 60000, 'a long one arrives whole');
$sse->event;
$json->event;

# an id of one's own

my ($ms) = split /-/, $r->add($key, 'a', 'before');
$r->cli('XADD', $key, ($ms + 5000) . '-7', t => 'a', d => 'after');
$r->add($key, 'a', 'last');

is(join(' ', $ws->data(3)), 'before after last', 'ids may be given');
my @ids = map { $sse->event->{id} } 1 .. 3;
is($ids[1], ($ms + 5000) . '-7', 'and are kept');

# many at once

$r->pipeline(map { ['XADD', $key, '*', t => 'a', d => $_] } 1 .. 2000);
is(join(' ', $sse->data(2000, 10)), join(' ', 1 .. 2000), 'many come in order');

$_->close for $sse, $ws, $json;
$t->drop('news', 'a');

$t->finish;
