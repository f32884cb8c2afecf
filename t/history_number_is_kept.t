#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A topic keeps exactly as many messages as "history" says, the newest ones.

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

        location = /oldest {
            rt_subscribe  news $arg_topic;
            rt_start      oldest;
        }
    }
}

CONF

my @ids;

for my $n (1 .. 25) {
    push @ids, $t->publish('a', "m$n")->{id};

    my $info = json($t->http('GET', '/publish?topic=a')->{body});
    my $kept = $n < 10 ? $n : 10;

    is_deeply([@$info{qw(messages oldest newest)}],
              [$kept, $ids[$n - $kept], $ids[-1]], "after $n messages");
}

my $sub = $t->subscribe('/oldest?topic=a');
is(join(' ', $sub->data(10)), join(' ', map { "m$_" } 16 .. 25),
   'these can be had');

$t->publish('b', 'other') for 1 .. 7;
is($t->status('?topic=a')->{streams}{news}{messages}, 10,
   'another topic has its own number');
is($t->status->{streams}{news}{messages}, 17, 'stream has the sum');

# at the limit: the client that has seen the newest that was dropped

my $exact = $t->subscribe('/events?topic=a', last_id => $ids[14]);
is(join(' ', $exact->data(10)), join(' ', map { "m$_" } 16 .. 25),
   'who has all that is dropped resumes without a gap');

my $gap = $t->subscribe('/events?topic=a', last_id => $ids[13]);
is($gap->event->{event}, 'rt.gap', 'who misses one of these is told');

$_->close for $sub, $exact, $gap;
$t->drop('news', qw(a b));

$t->finish;
