#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Clients choose topics, and each takes memory.  Their number is limited by
# default, so subscribers alone cannot push the history out of the zone.

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
        zone     512k;
        history  100 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

$t->publish('news', "message $_") for 1 .. 100;

my @subs = map {
    my $n = $_;
    $t->subscribe('/events?topic=' . join(',', map { "t$n.$_" } 1 .. 60),
                  nowait => 1);
} 1 .. 20;

ok($t->pump(\@subs, sub { !grep { !$_->headers->{date} } @subs }, 5),
   'all are answered');

my $s = $t->status->{streams}{news};

cmp_ok($s->{topics}, '<=', 512, 'there are no more topics than there may be');
is($s->{counters}{evicted}, 0, 'no message had to go');
cmp_ok($s->{counters}{refused}, '>', 5, 'subscribers were refused');
cmp_ok($s->{subscribers}{sse}, '>', 5, 'others were not');

$_->close for @subs;
$t->wait_subscribers('news', 0);
$t->drop('news', 'news');

$t->finish;
