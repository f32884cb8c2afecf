#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A link on which nobody publishes is probed, and not given up.

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
        redis    %%PROXY%% timeout=1s probe=300ms;
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

$t->wait_redis;

my $sub = $t->subscribe('/events?topic=a');
$t->publish('a', 'before');
$sub->data(1);

my $stat = $t->proxy->stat;

# several probes of each link

ok(wait_for(sub { $t->proxy->stat->{down} >= $stat->{down} + 6 * 7 }, 15),
   'Redis is asked whether it is there');
is($t->proxy->stat->{ever}, $stat->{ever}, 'no link was opened anew');

$t->publish('a', 'after');
is(($sub->data(1))[0], 'after', 'and all still works');

$sub->close;
$t->drop('news', 'a');

$t->finish;
