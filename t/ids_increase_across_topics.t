#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A subscriber of several topics sees ids increase, whoever publishes where.

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
        history  10000 1h;
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

my @subs = map { $t->subscribe("/events?topic=$_", nowait => 1) }
           (('a,b,c,d') x 10, ('d,b') x 5, ('a') x 5);
$t->pump(\@subs, sub { !grep { !defined $_->{id} } @subs });

my @jobs = map { my $n = $_; $t->background(sub {
    my $p = $t->publisher;
    srand $n;
    return [map {
        my $topic = qw(a b c d)[rand 4];
        [$topic, $p->publish($topic, "$n $_")->{id}];
    } 1 .. 500];
}) } 1 .. 4;

my %published;

for my $job (@jobs) {
    my $ids = $t->pump(\@subs, $job, 15);
    push @{$published{$_->[0]}}, $_->[1] for @$ids;
}

my @all = map { @$_ } values %published;
my %ids = map { $_ => 1 } @all;
is(scalar(keys %ids), 2000, 'ids are different');

$t->publish($_, 'end') for qw(a b);
$t->pump(\@subs, sub {
    !grep { !$_->events || ($_->events)[-1]{data} ne 'end' } @subs;
}, 10);

my $bad = 0;

for my $sub (@subs) {
    my @got = map { $_->{id} } grep { $_->{data} ne 'end' } $sub->events;
    my @expected = sort { $t->id_cmp($a, $b) } map { @{$published{$_}} }
                   $sub->{uri} =~ /\b([abcd])\b/g;

    $bad++ if "@got" ne "@expected";
}

is($bad, 0, 'each subscriber got its topics in the order of ids');

$_->close for @subs;
$t->drop('news', qw(a b c d));

$t->finish;
