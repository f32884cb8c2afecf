#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# With a resolver a link goes to where the name points when it is made anew; a
# name server that does not answer holds up nobody.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new;

my $here = $t->redis;
my $there = Test::RT::Redis->new(dir => $t->dir . '/there', host => '127.0.0.2',
                                 port => $here->port)->start;
my $dns = Test::RT::DNS->new('redis.test', '127.0.0.1');

$t->conf(<<'CONF', DNS => $dns->address)->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    resolver          %%DNS%% valid=1s ipv6=off;
    resolver_timeout  1s;

    rt_stream news {
        zone     4m;
        history  1000 1h;
        redis    redis://redis.test:%%REDIS_PORT%% timeout=500ms;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
            rt_ping       100ms;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

$t->wait_redis;

my $sub = $t->subscribe('/events?topic=a');
my $id = $t->publish('a', 'here')->{id};
is($sub->event->{id}, $id, 'a message is delivered');

# the name server is silent

$dns->answer('none');
$here->stop;

my $asked = $dns->asked;
ok(wait_for(sub { $dns->asked > $asked }, 20), 'the name is asked for again');

is($t->http('POST', '/publish?topic=a', body => 'x')->{status}, 503,
   'publishers get 503');

my $comments = $sub->{comments};
ok(wait_for(sub { $sub->pump(0.05); $sub->{comments} > $comments + 2 }),
   'subscribers are pinged');

# it says another address

$dns->answer('127.0.0.2');

$id = $t->publish_again('a', 'there')->{id};
is(($there->entries('rt:{news}'))[-1]{id}, $id, 'the other server has it');

is($sub->event(10)->{event}, 'rt.gap', 'which had nothing of before: a gap');
is($sub->event->{id}, $id, 'the message is delivered');

$sub->close;
$t->drop('news', 'a');

$t->finish;
