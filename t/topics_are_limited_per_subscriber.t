#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# "rt_topics_max" limits how many topics a subscriber may name: 256 if nothing
# is said.

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
        listen  127.0.0.1:%%PORT%%;

        location = /default {
            rt_subscribe  news $arg_topic;
        }

        location = /three {
            rt_subscribe   news $arg_topic;
            rt_topics_max  3;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $r = $t->http('GET', '/three?topic=a,b,c,d');

is($r->{status}, 400, 'one topic too many is refused');
is(json($r->{body})->{error}, 'more topics than "rt_topics_max"',
   'the answer says which rule');
is($t->status->{streams}{news}{topics}, 0, 'no topic came into being');

my $three = $t->subscribe('/three?topic=a,b,c');
is($three->status, 200, 'as many as the limit are accepted');

$r = $t->http('GET', '/default?topic=' . join ',', 1 .. 257);
is($r->{status}, 400, '257 topics are too many by default');

my $many = $t->subscribe('/default?topic=' . join ',', 1 .. 256);
is($many->status, 200, '256 topics are accepted by default');

$t->publish($_, "to $_") for 256, 'c', 1;

is(join(', ', $many->data(2)), 'to 256, to 1',
   'the subscriber of many topics got its messages in order');
is(join(', ', $three->data(1)), 'to c', 'the other one too');

$t->finish;
