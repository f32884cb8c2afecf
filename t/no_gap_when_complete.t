#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Nobody is told of a gap who missed nothing, whatever has left the history.

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
    }
}

CONF

my $keep = $t->subscribe('/events?topic=a,quiet');
my $start = $keep->last_id;
my @ids = map { $t->publish('a', "m$_")->{id} } 1 .. 30;

for my $n (19 .. 29) {
    my $sub = $t->subscribe('/events?topic=a', last_id => $ids[$n]);
    my $rest = join ' ', map { "m$_" } $n + 2 .. 30;

    is(join(' ', $sub->data(29 - $n)), $rest, "resume after $n is complete");
    $sub->close;
}

# a topic that dropped nothing is complete from any time

my $sub = $t->subscribe('/events?topic=quiet', last_id => $start);
ok($sub->silent(0.1), 'quiet topic has no gap');

$t->publish('quiet', 'now');
is(join(' ', $sub->data(1)), 'now', 'its message comes');

# an id between two messages is as good as one of theirs

my ($ms, $seq) = split /-/, $ids[25];
$sub = $t->subscribe('/events?topic=a',
                     last_id => "$ms-" . ($seq + 1000000));
my @got = $sub->data(1);
like($got[0], qr/^m/, 'id without a message is a position');

is($t->status->{streams}{news}{counters}{gaps}, 0, 'no gap was told');

$keep->close;
$t->drop('news', qw(a quiet));

$t->finish;
