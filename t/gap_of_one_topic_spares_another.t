#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Where one topic has lost messages and another still has older ones, nothing
# that is left is skipped, and the loss is told until the client is beyond it.

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

my $start = $t->publish('b', 'b0')->{id};
$t->publish('b', 'b1');
my @ids = map { $t->publish('a', "a$_")->{id} } 1 .. 20;
$t->publish('b', 'b2');

my $rest = join ' ', 'b1', (map { "a$_" } 11 .. 20), 'b2';

sub check {
    my ($id, $rest) = @_;

    my $sub = $t->subscribe('/events?topic=a,b', last_id => $id);
    my $gap = $sub->event;
    is($gap->{event}, 'rt.gap', 'gap is told');
    is(json($gap->{data})->{after}, $id, 'after what was asked for');

    my @events = map { $sub->event } split / /, $rest;
    is(join(' ', map { $_->{data} } @events), $rest, 'what is left follows');
    ok($sub->silent(0.1) && !$sub->{closed}, 'and the subscription stays');

    return ($gap->{id}, $events[0]{id});
}

my ($gap, $b1) = check($start, $rest);

check($gap, $rest);
check($b1, $rest =~ s/^b1 //r);

my $sub = $t->subscribe('/events?topic=b,a', last_id => $ids[9]);
is(join(' ', $sub->data(11)), $rest =~ s/^b1 //r,
   'who is beyond the loss is told nothing');

$t->publish($_, 'new') for qw(a b);
is(join(' ', $sub->data(2)), 'new new', 'new messages follow');

$sub->close;
$t->drop('news', qw(a b));

$t->finish;
