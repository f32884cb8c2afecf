#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client whose next message has left the history by number is told of the gap
# first, and then given what there is.

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
        history  10 1h;
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

my @ids = map { $t->publish('a', "m$_")->{id} } 1 .. 20;

my $sub = $t->subscribe('/events?topic=a', last_id => $ids[8]);
my ($gap, $id) = gap($sub);

is_deeply($gap, { after => $ids[8], resumed => $ids[10] },
          'gap has the id asked for and the first one given');
is(join(' ', $sub->data(10)), join(' ', map { "m$_" } 11 .. 20),
   'what there is follows');

my $back = $t->subscribe('/events?topic=a', last_id => $id);
is(join(' ', $back->data(10)), join(' ', map { "m$_" } 11 .. 20),
   'who drops after the gap resumes from it without another');

my $exact = $t->subscribe('/events?topic=a', last_id => $ids[9]);
is(join(' ', $exact->data(10)), join(' ', map { "m$_" } 11 .. 20),
   'who missed nothing that is lost is told of no gap');

is($t->status->{streams}{news}{counters}{gaps}, 1, 'gap was counted');

# of several topics, those with all their messages tell no gap away

$t->publish('b', 'b1');

my $both = $t->subscribe('/events?topic=a,b', last_id => $ids[8]);
($gap, $id) = gap($both);
is($gap->{resumed}, $ids[10], 'gap of one topic is a gap of all');
is(($both->data(11))[10], 'b1', 'all topics follow');

$back = $t->subscribe('/events?topic=b,a', last_id => $id);
is(join(' ', ($back->data(11))[0, 10]), 'm11 b1', 'and resume from the gap');

$t->drop('news', qw(a b));

$t->finish;
