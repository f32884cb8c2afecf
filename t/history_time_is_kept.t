#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A message is kept for as long as "history" says, in a busy topic as in one
# that is never published to again.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);

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
        history  1000000 2s;
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

my $start = time;
my $first = $t->publish('a', 'first')->{id};
$t->publish('once', 'only');

my $gone = 0;
my $n = 0;

wait_for(sub {
    $n++;
    $t->publish('a', "m$n");

    my $info = json($t->http('GET', '/publish?topic=a')->{body});
    $gone = time if $info->{oldest} ne $first;
}, 10);

ok($gone, 'the first message is dropped');
cmp_ok($gone - $start, '>', 1.9, 'not before its time');

my $left = $t->status('?topic=a')->{streams}{news}{messages};
cmp_ok($left, '>', 0, 'those after it are kept');
cmp_ok($left, '<', 1000, 'number is not the limit');

ok(wait_for(sub { !defined $t->status('?topic=once')->{streams}{news} }, 10),
   'so is the only message of a topic');

$t->finish;
