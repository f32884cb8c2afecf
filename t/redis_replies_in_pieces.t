#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Replies that come a byte at a time are replies.

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
        redis    %%PROXY%% timeout=20s probe=20s;
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

for my $n (1, 2, 3, 7) {
    $t->proxy->split($n);

    my @ids = map { $t->publish('a', "$n " . 'x' x (50 * $_))->{id} } 1 .. 10;
    $t->redis->add('rt:{news}', 'a', "$n by hand");

    is(join(' ', map { $sub->event->{id} } 1 .. 10), "@ids",
       "$n bytes at a time: messages are delivered");
    is(($sub->data(1))[0], "$n by hand", 'and entries');

    my $r = $t->publisher->batch(map { ['a', $_] } 1 .. 100);
    is($r->{published}, 100, 'a batch is published');
    is(join(' ', $sub->data(100)), join(' ', 1 .. 100), 'and delivered');
}

# while a link is opened

$t->proxy->split(1);
$t->proxy->cut;
my $id = $t->publish_again('a', 'again')->{id};
is($sub->event->{id}, $id, 'a link is opened so');

unlike($t->read('error.log') =~ s/.*Connection reset.*|.*closed.*//gr,
       qr/\[error\]/, 'without errors but that of the cut');

$sub->close;
$t->drop('news', 'a');

$t->finish;
