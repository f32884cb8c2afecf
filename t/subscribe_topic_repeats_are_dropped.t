#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A topic that is named twice in a list counts once.

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

        location = /events {
            rt_subscribe   news $arg_topic;
            rt_topics_max  2;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $sub = $t->subscribe('/events?topic=a,b,a,%61,b,%62');

is($sub->status, 200, 'repeats do not count as topics');
is($t->status->{streams}{news}{topics}, 2, 'there are two topics');

is($t->publish('a', 1)->{subscribers}, 1, 'the subscriber counts once');
is($t->publish('b', 2)->{subscribers}, 1, 'for both topics');

is(join(' ', $sub->data(2)), '1 2', 'subscriber got each message once');

$t->publish('a', 3);
is(join(' ', $sub->data(1)), '3', 'and nothing in between');

$t->finish;
