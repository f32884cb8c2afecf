#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Whichever worker takes a message, subscribers on all workers have it.

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
        zone     1m;
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

my @subs = map { $t->subscribe('/events?topic=a') } 1 .. 20;

my $workers = $t->status->{streams}{news}{workers};
is((grep { $_->{subscribers}{sse} } @$workers), 2,
   'both workers have subscribers');

$t->publish('a', "message $_") for 1 .. 20;

$workers = $t->status->{streams}{news}{workers};
is((grep { $_->{counters}{published} } @$workers), 2,
   'both workers published');

my $bad = 0;

for my $sub (@subs) {
    my @data = $sub->data(20);
    $bad++ if "@data" ne join ' ', map { "message $_" } 1 .. 20;
}

is($bad, 0, 'each subscriber got all messages in order');

$t->finish;
