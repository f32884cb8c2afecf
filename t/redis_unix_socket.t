#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Redis may listen on a unix socket.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new;
$t->redis(unix => 1);

$t->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  1000 1h;
        redis    %%REDIS%% timeout=1s;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

$t->wait_redis;

my $sub = $t->subscribe('/events?topic=a');
my $id = $t->publish('a', 'hello')->{id};

is($sub->event->{id}, $id, 'a message is delivered');
is(($t->redis->entries('rt:{news}'))[0]{id}, $id, 'by way of Redis');

$t->redis->kill;
is($t->http('POST', '/publish?topic=a', body => 'x')->{status}, 503,
   'nobody listens: 503');
$t->redis->start;

$id = $t->publish_again('a', 'again')->{id};
is($sub->event->{event}, 'rt.gap', 'Redis has lost its data: a gap');
is($sub->event->{id}, $id, 'it goes on when the socket is there again');

$sub->close;
$t->drop('news', 'a');

$t->finish;
