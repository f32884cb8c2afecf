#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# With a resolver the name of the server is asked for again at each connect, and
# nothing waits for it.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $dns = Test::RT::DNS->new('redis.example', '127.0.0.1');
my $t = Test::RT->new->conf(<<'CONF', DNS => $dns->address)->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    resolver  %%DNS%% valid=1s ipv6=off;

    rt_stream news {
        zone     4m;
        history  1000 1h;
        redis    redis://redis.example:%%REDIS_PORT%%;
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
my $id = $t->publish('a', 'hello')->{id};
is($sub->event->{id}, $id, 'a message is delivered');
cmp_ok($dns->asked, '>', 0, 'the name was asked for');

# the name is that of nobody, and then of the server again

$dns->answer(undef);

ok(wait_for(sub {
    $t->redis->cli('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    grep { ($_->{error} // '') =~ /Host not found/ } $t->links('news', 'follower');
}, 20), 'the status says that there is no such host');

$dns->answer('127.0.0.1');
$id = $t->publish_again('a', 'again')->{id};
is($sub->event->{id}, $id, 'the new address is taken');

$sub->close;
$t->drop('news', 'a');

$t->finish;
