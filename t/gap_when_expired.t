#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client that comes back when its messages are too old to be kept is told so.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

sub gap {
    my ($sub) = @_;

    my $e = $sub->event or return;
    is($e->{event}, 'rt.gap', 'first event is a gap');
    return (json($e->{data}), $e->{id});
}

my $t = Test::RT->new->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  100 1s;
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

my $keep = $t->subscribe('/events?topic=a');
my $first = $t->publish('a', 'first')->{id};
my $second = $t->publish('a', 'second')->{id};

ok(wait_for(sub { $t->status('?topic=a')->{streams}{news}{messages} == 0 }),
   'messages are gone in time');

my $sub = $t->subscribe('/events?topic=a', last_id => $first);
my ($gap, $id) = gap($sub);
is($gap->{after}, $first, 'gap says what was asked for');

$t->publish('a', 'third');
is(join(' ', $sub->data(1)), 'third', 'new messages follow');

my $back = $t->subscribe('/events?topic=a', last_id => $id);
is(join(' ', $back->data(1)), 'third', 'resume from the gap is complete');

my $exact = $t->subscribe('/events?topic=a', last_id => $second);
is(join(' ', $exact->data(1)), 'third', 'who had all is told of no gap');

$t->finish;
