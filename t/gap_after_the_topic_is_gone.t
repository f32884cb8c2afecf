#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# The record of a topic goes with its last message, but not the knowledge that
# it had some: a resume from before is a gap, one from after is complete.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

sub gap {
    my ($sub) = @_;

    my $e = $sub->event or return;
    is($e->{event}, 'rt.gap', 'first event is a gap');
    return (json($e->{data}), $e->{id});
}

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
    }
}

CONF

my $first = $t->publish('a', 'first')->{id};
my $second = $t->publish('a', 'second')->{id};
my $later = $t->publish('b', 'later')->{id};

$t->drop('news', 'a');
is($t->status('?topic=a')->{streams}{news}, undef, 'topic is gone');

my $sub = $t->subscribe('/events?topic=a', last_id => $first);
my ($gap, $id) = gap($sub);
is($gap->{after}, $first, 'resume from before is a gap');

my @complete = map { $t->subscribe('/events?topic=a', last_id => $_) }
               $id, $second, $later;

ok($_->silent(0.1), 'resume from its last message or later is not')
    for @complete;

$t->publish('a', 'third');

is(join(' ', $_->data(1)), 'third', 'it is complete') for @complete;

$_->close for $sub, @complete;
$t->drop('news', 'a');

# the knowledge is of the whole stream: never "complete" when it was not

my $c = $t->publish('c', 'c')->{id};
$t->drop('news', 'c');

$sub = $t->subscribe('/events?topic=c', last_id => $second);
($gap) = gap($sub);
is($gap->{after}, $second, 'another topic that went is a gap, too');

$t->drop('news', 'b');

$t->finish;
