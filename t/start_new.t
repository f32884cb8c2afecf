#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client without an id gets what is published from then on.

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

        location = /said {
            rt_subscribe  news $arg_topic;
            rt_start      new;
        }
    }
}

CONF

$t->publish($_, 'old') for qw(a b);

for my $uri ('/events?topic=a', '/said?topic=a,b') {
    my $sub = $t->subscribe($uri);
    ok($sub->silent(0.1), 'nothing old comes');

    $t->publish('a', 'new');
    is(join(' ', $sub->data(1)), 'new', 'the new comes');
    ok($sub->silent(0.05), 'and nothing else');
}

$t->drop('news', qw(a b));

$t->finish;
