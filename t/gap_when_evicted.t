#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A full zone drops the oldest messages of the stream; who still needed them is
# told so.

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
        zone     512k;
        history  1000 1h;
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

my $first = $t->publish('a', 'first')->{id};
my $second = $t->publish('a', 'second')->{id};
my $other = $t->publish('b', 'other')->{id};

my $n = 0;

while ($t->status->{streams}{news}{counters}{evicted} < 3 && $n < 500) {
    $t->publish("big$n", 'x' x 8000);
    $n++;
}

cmp_ok($n, '<', 500, 'zone was filled');

my $sub = $t->subscribe('/events?topic=a', last_id => $first);
my ($gap, $id) = gap($sub);
is($gap->{after}, $first, 'gap says what was asked for');
ok($sub->silent(0.05), 'nothing is left in the topic');

$t->publish('a', 'third');
is(join(' ', $sub->data(1)), 'third', 'new messages follow');

my $back = $t->subscribe('/events?topic=a', last_id => $id);
is(join(' ', $back->data(1)), 'third', 'resume from the gap is complete');

$t->drop('news', qw(a b), map { "big$_" } 0 .. $n);

$t->finish;
