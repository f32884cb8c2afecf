#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Without a subprotocol a message cannot say which topic it is for: with more
# than one, or with none, it is closed with 1008.

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

        location = /chat {
            rt_subscribe  news $arg_topic dynamic=a,b;
            rt_receive    publish;
        }
    }
}

CONF

for my $uri ('/chat?topic=a,b', '/chat?topic=', '/chat') {
    for my $opcode (1, 2) {
        my $ws = $t->websocket($uri);

        $ws->send_frame($opcode, 'hello');
        is($ws->wait_close_code, 1008, "$uri: closed with 1008");
        is($ws->close_reason, 'a message is published to one topic',
           'and told why');
    }
}

# a topic that is there twice is one

my $ws = $t->websocket('/chat?topic=a,a');
$ws->send_text('hello');
is(($ws->data(1))[0], 'hello', 'a repeated topic is one');

my $c = $t->status->{streams}{news}{counters};
is($c->{rejected}, 6, 'rejected messages are counted');
is($c->{published}, 1, 'and not published');

$t->drop('news', 'a');
$t->finish;
