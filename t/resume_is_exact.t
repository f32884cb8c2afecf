#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client that comes back with the id it has seen last gets what it missed,
# once, and then what follows.  The header wins over the argument.

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

my $sub = $t->subscribe('/events?topic=a');
my @ids = map { $t->publish('a', "m$_")->{id} } 1 .. 10;

is(join(' ', $sub->data(3)), 'm1 m2 m3', 'client got the first messages');
$sub->close;

my $rest = join ' ', map { "m$_" } 4 .. 11;

my $header = $t->subscribe('/events?topic=a', last_id => $ids[2]);
my $arg = $t->subscribe("/events?topic=a&last_event_id=$ids[2]");
my $both = $t->subscribe("/events?topic=a&last_event_id=$ids[8]",
                         last_id => $ids[2]);
my $none = $t->subscribe("/events?topic=a&last_event_id=$ids[2]",
                         last_id => '');

$t->publish('a', 'm11');

is(join(' ', $header->data(8)), $rest, 'header resumes');
is(join(' ', $arg->data(8)), $rest, 'argument resumes');
is(join(' ', $both->data(8)), $rest, 'header wins over argument');
is(join(' ', $none->data(8)), $rest, 'empty header leaves it to argument');

my $last = $t->subscribe('/events?topic=a', last_id => $ids[9]);
is(join(' ', $last->data(1)), 'm11', 'nothing is repeated');

ok($_->silent(0.1), 'nothing more comes') for $header, $arg, $both, $last;

is($t->status->{streams}{news}{counters}{gaps}, 0, 'no gap was told');

$t->drop('news', 'a');

$t->finish;
