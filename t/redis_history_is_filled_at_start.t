#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# An nginx that starts has the history that is in Redis before it serves
# anybody: old ids are resumed from, and no gap is told.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new;
my $r = $t->redis;

my @ids = map { $r->add('rt:{news}', $_ % 2 ? 'a' : 'b', $_, "e$_") } 1 .. 1200;

$t->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  1000 1h;
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

        location = /oldest {
            rt_subscribe  news $arg_topic;
            rt_start      oldest;
            rt_buffer     4m;
        }
    }
}

CONF

my $sub = $t->subscribe('/oldest?topic=a,b');

is(join(' ', map { my $e = $sub->event; "$e->{id} $e->{data} $e->{event}" }
             1 .. 1200),
   join(' ', map { "$ids[$_ - 1] $_ e$_" } 1 .. 1200),
   'the oldest start has all of it');

my $one = $t->subscribe('/events?topic=a,b', last_id => $ids[1099]);
is(join(' ', $one->data(100)), join(' ', 1101 .. 1200),
   'an id from before the start is resumed from');

$r->add('rt:{news}', 'a', 'next');
is(($_->data(1))[0], 'next', 'new messages follow') for $sub, $one;

$_->close for $sub, $one;

# while nginx is away

my $last = $t->publish('a', 'before')->{id};

ok($t->stop, 'nginx stopped');
$r->add('rt:{news}', 'a', "away $_") for 1 .. 20;
$t->run;

$sub = $t->subscribe('/events?topic=a', last_id => $last);
is(join(' ', $sub->data(20)), join(' ', map { "away $_" } 1 .. 20),
   'what came while nginx was away is resumed');

$sub->close;

# not longer than is kept

$t->stop;
$r->cli('XTRIM', 'rt:{news}', 'MAXLEN', 10);
$t->run;

$sub = $t->subscribe('/events?topic=a', last_id => $last);
my $e = $sub->event;
is($e->{event}, 'rt.gap', 'who misses what Redis has dropped is told');
is(join(' ', $sub->data(10)), join(' ', map { "away $_" } 11 .. 20),
   'and gets the rest');

$sub->close;
$t->drop('news', 'a', 'b');

$t->finish;
