#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# With "rt_start oldest" a client without an id begins with all there is.

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
        history  5 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }

        location = /oldest {
            rt_subscribe  news $arg_topic;
            rt_start      oldest;
        }
    }
}

CONF

my @ids = map { $t->publish($_ % 2 ? 'a' : 'b', "m$_")->{id} } 1 .. 20;

my $one = $t->subscribe('/oldest?topic=a');
my $both = $t->subscribe('/oldest?topic=b,a');
my $none = $t->subscribe('/oldest?topic=c');

is(join(' ', $one->data(5)), 'm11 m13 m15 m17 m19', 'all of one topic');
is(join(' ', $both->data(10)), join(' ', map { "m$_" } 11 .. 20),
   'all of two topics, in order');

$t->publish($_, 'new') for qw(a c);
is(join(' ', $_->data(1)), 'new', 'what is new follows') for $one, $none;

my $id = $t->subscribe('/oldest?topic=a,b', last_id => $ids[17]);
is(join(' ', $id->data(3)), 'm19 m20 new', 'an id is more than the start');

$_->close for $one, $both, $none, $id;
is($t->status->{streams}{news}{counters}{gaps}, 0, 'no gap was told');

$t->drop('news', qw(a b c));

$t->finish;
