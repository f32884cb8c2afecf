#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Without a history there is only what is published now.

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
        history  off;
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

my $sub = $t->subscribe('/events?topic=a');
my @ids = map { $t->publish('a', "m$_")->{id} } 1 .. 3;

is(join(' ', $sub->data(3)), 'm1 m2 m3', 'subscriber gets messages');
is($t->status->{streams}{news}{messages}, 0, 'nothing is kept');
is($t->status('?topic=a')->{streams}{news}{newest}, $ids[2],
   'the id of the newest is known');

my $back = $t->subscribe('/events?topic=a', last_id => $ids[0]);
my $gap = $back->event;
is($gap->{event}, 'rt.gap', 'resume is a gap');
is(json($gap->{data})->{after}, $ids[0], 'after what was asked for');

my $exact = $t->subscribe('/events?topic=a', last_id => $ids[2]);
my $again = $t->subscribe('/events?topic=a', last_id => $gap->{id});
my $oldest = $t->subscribe('/oldest?topic=a');

ok($_->silent(0.1), 'who missed nothing is told nothing')
    for $exact, $again, $oldest;

$t->publish('a', 'm4');
is(join(' ', $_->data(1)), 'm4', 'next message reaches all')
    for $sub, $back, $exact, $again, $oldest;

$t->publish('b', 'nobody');
is($t->status('?topic=b')->{streams}{news}, undef,
   'a topic without subscribers leaves nothing');

$t->finish;
