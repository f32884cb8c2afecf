#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Where nothing is to be received, a message of a client breaks the rules: it is
# closed with 1008 and counted.  Pings are answered all the same.

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
        zone     1m;
        history  100 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /off {
            rt_subscribe  news $arg_topic;
            rt_receive    off;
        }

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my @cases = (
    ['a text', sub { $_[0]->send_text('hello') }],
    ['a binary message', sub { $_[0]->send_binary("\xff") }],
    ['nothing', sub { $_[0]->send_text('') }],
    ['JSON', sub { $_[0]->send_json({ data => 1 }) }, protocol => 'rt.json'],
    ['a command', sub { $_[0]->send_json({ subscribe => ['b'] }) },
     protocol => 'rt.json'],
    ['a compressed text',
     sub { $_[0]->send_frame(1, $_[0]->deflate('hello'), rsv => 4) },
     deflate => 1],
    ['a text in two frames', sub {
        $_[0]->send_frame(1, 'hel', fin => 0);
        $_[0]->send_frame(0, 'lo');
     }],
);

my $n = 0;

for my $uri ('/events', '/off', '/attached') {
    for (@cases) {
        my ($name, $send, %opt) = @$_;

        my $ws = $t->websocket("$uri?topic=a", %opt);

        $ws->send_ping('are you there?');
        is(${$ws->pong // \''}, 'are you there?', "$uri: a ping is answered");

        $send->($ws);
        is($ws->wait_close_code, 1008, "$uri: $name is closed with 1008");
        is($ws->close_reason, 'messages are not accepted here', 'and told why');

        $n++;
    }
}

my $ws = $t->websocket('/events?topic=a', protocol => 'rt.json');
$ws->send_binary('{}');
is($ws->wait_close_code, 1003, 'rt.json has no binary messages');
$n++;

my $c = $t->status->{streams}{news}{counters};
is($c->{received}, $n, 'all were counted as received');
is($c->{rejected}, $n, 'and as rejected');
is($c->{violations}, 0, 'but not as violations of the protocol');
is($c->{published}, 0, 'nothing was published');

# who only listens is not disturbed

$ws = $t->websocket('/events?topic=a');
$ws->send_ping for 1 .. 100;
$t->publish('a', 'hello');
is(($ws->data(1))[0], 'hello', 'a client that sends pings gets messages');

$t->drop('news', 'a');
$t->finish;
