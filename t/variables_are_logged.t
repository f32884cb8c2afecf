#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Variables tell a log what was subscribed to or published.

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

    log_format  rt  "$request_method:$rt_stream:$rt_topic:"
                    "$rt_transport:$rt_last_event_id";

    rt_stream news {
        zone     1m;
        history  100 1s;
    }

    rt_stream chat {
        zone     1m;
        history  100 1s;
    }

    server {
        listen      127.0.0.1:%%PORT%%;
        access_log  %%DIR%%/rt.log rt;

        location = /events {
            rt_subscribe  news $arg_topic;
            add_header    X-Stream $rt_stream;
        }

        location = /attached {
            rt_subscribe  chat "room-$arg_room";
            rt_detach     off;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }

        location = /plain {
            return  200 "plain";
        }
    }
}

CONF

my $sub = $t->subscribe('/events?topic=a,b');
is($sub->headers->{'x-stream'}, 'news', 'a header field has the stream');
is(logged(), 'GET:news:a,b:sse:-', 'a subscription is logged');

$t->subscribe('/events?topic=a', last_id => '5-1');
is(logged(), 'GET:news:a:sse:5-1', 'with the id of the header field');

$t->subscribe('/events?topic=a&last_event_id=7-2');
is(logged(), 'GET:news:a:sse:7-2', 'or the argument');

$t->subscribe('/events?topic=a&last_event_id=7-2', last_id => '8-3');
is(logged(), 'GET:news:a:sse:8-3', 'and the header field wins');

$t->subscribe('/attached?room=1')->close;
is(logged(), 'GET:chat:room-1:sse:-', 'one with rt_detach off is logged');

$t->publish('a', 'x');
is(logged(), 'POST:news:a:-:-', 'a message is logged');

$t->http('GET', '/plain');
is(logged(), 'GET:-:-:-:-', 'variables are empty elsewhere');

$t->http('GET', '/events?topic=%FF');
is(logged(), 'GET:news:%FF:sse:-', 'what was refused is logged as it came');

$t->finish;


# takes the next line of the log

sub logged {
    our $n;
    my $line = wait_for(sub { (split /\n/, $t->read('rt.log'))[$n // 0] });

    $n++;

    return $line;
}
