#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A stream in Redis that is longer than the history or larger than the zone is
# filled from its end.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new;
my $r = $t->redis;

my @ids = map { $r->pipeline(map {
    ['XADD', 'rt:{news}', '*', t => 'a', d => "$_ " . 'x' x 1000]
} $_ * 100 - 99 .. $_ * 100) } 1 .. 50;

$t->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     2m;
        history  100000 1h;
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

sub numbers { map { /^(\d+)/ } @_ }

my $sub = $t->subscribe('/events?topic=a', last_id => $ids[-101]);
is(join(' ', numbers($sub->data(100))), join(' ', 4901 .. 5000),
   'the newest messages are there');

my $old = $t->subscribe('/events?topic=a', last_id => $ids[0]);
is($old->event->{event}, 'rt.gap', 'who misses older ones is told');

my ($first) = numbers($old->data(1));
cmp_ok($first, '>', 2000, 'the zone is smaller than the stream');
is(join(' ', numbers($old->data(5000 - $first))), join(' ', $first + 1 .. 5000),
   'all from there on are there');

$t->publish('a', 'next');
is(($_->data(1))[0], 'next', 'and what comes then') for $sub, $old;

$_->close for $sub, $old;
$t->drop('news', 'a');

$t->finish;
