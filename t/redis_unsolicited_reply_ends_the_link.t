#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A reply that nobody has asked for, well formed as it may be, ends the link,
# since no answer after it could be trusted.

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
        redis    %%PROXY%% timeout=1s probe=60s;
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
my @ids;

for my $reply ("+PONG\r\n", "\$15\r\n1795596613859-0\r\n", "*0\r\n", ":1\r\n",
               "-ERR no\r\n", "-OOM no\r\n", "\$-1\r\n")
{
    my ($name) = $reply =~ /^(.*?)\r/;
    my %before = map { ("$_->{pid} $_->{name}" => $_->{reconnects}) }
        $t->links('news');

    $t->proxy->inject($reply);

    ok(wait_for(sub {
        my %now = map { ("$_->{pid} $_->{name}" => $_) } $t->links('news');
        !grep { /publisher/ && (!$now{$_} || $now{$_}{state} ne 'ready'
                                || $now{$_}{reconnects} <= $before{$_}) }
            keys %before;
    }, 15), "$name: idle links are opened again");

    push @ids, $t->publish_again('a', "after $name")->{id};
    is($sub->event(10)->{id}, $ids[-1], 'and messages are delivered');
}

like($t->read('error.log'), qr/\[error\].*is lost/, 'the log tells');
is(join(' ', map { $_->{id} } $t->redis->entries('rt:{news}')), "@ids",
   'each message was published once');

$sub->close;
$t->drop('news', 'a');

$t->finish;
