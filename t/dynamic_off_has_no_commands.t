#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Where "dynamic" is not given a command is a message like any other: refused,
# published or passed.

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

        location = /off {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_subscribe  news $arg_topic;
            rt_receive    publish;
        }

        location = /pass {
            rt_subscribe  news $arg_topic;
            rt_receive    pass /answer;
        }

        location = /dynamic {
            rt_subscribe  news $arg_topic dynamic=b;
            rt_receive    pass /answer;
        }

        location = /answer {
            return  200 "passed";
        }
    }
}

CONF

for my $command ('{"subscribe":["b"],"ref":1}', '{"unsubscribe":["a"]}') {

    my $ws = $t->websocket('/off?topic=a', protocol => 'rt.json');
    $ws->json;
    $ws->send_text($command);
    is($ws->wait_close_code, 1008, 'rt_receive off: closed with 1008');

    $ws = $t->websocket('/publish?topic=a', protocol => 'rt.json');
    $ws->json;
    $ws->send_text($command);
    is($ws->json->{error}, '"data" is missing', 'publish: no message');

    $ws = $t->websocket('/pass?topic=a', protocol => 'rt.json');
    $ws->json;
    $ws->send_text($command);
    is(($ws->data(1))[0], 'passed', 'pass: passed');

    $ws = $t->websocket('/dynamic?topic=a', protocol => 'rt.json');
    $ws->json;
    $ws->send_text($command);
    ok(exists $ws->json->{ack}, 'dynamic: the command is done');
    $ws->send_text('{"other":1}');
    is(($ws->data(1))[0], 'passed', 'and what is none is passed');
    $ws->send_text("[$command]");
    is(($ws->data(1))[0], 'passed', 'as is one in an array');
    $ws->send_text('no JSON');
    is(($ws->data(1))[0], 'passed', 'or no JSON');
}

# a message of its own that has such a member

my $ws = $t->websocket('/publish?topic=a', protocol => 'rt.json');
$ws->json;
$ws->send_json({ subscribe => ['b'], data => 'x', ref => 1 });
is($ws->event->{data}, 'x', 'other members do not matter');

$t->drop('news', 'a');
$t->finish;
