#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# The last id is the position in all topics of a subscriber, whichever of them
# the message with that id was in.

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
    }
}

CONF

my $uri = '/events?topic=a,b,c';
my $sub = $t->subscribe($uri);
my @expected;

for (1 .. 30) {
    my $topic = qw(a b c)[$_ % 7 % 3];
    my $id = $t->publish($topic, "$topic$_")->{id};
    push @expected, { id => $id, data => "$topic$_", event => 'message' };
    $t->publish('d', 'not for this client');
}

my @got = map { $sub->event } 1 .. 30;
is_deeply(\@got, \@expected, 'messages of all topics came in order');

for my $n (0, 5, 17, 28) {
    my $back = $t->subscribe($uri, last_id => $expected[$n]{id});
    my @rest = map { $back->event } $n + 1 .. 29;

    is_deeply(\@rest, [@expected[$n + 1 .. 29]],
              "all after message $n came, in order");
    ok($back->silent(0.05), 'and nothing else');
}

my $two = $t->subscribe('/events?topic=c,b', last_id => $expected[0]{id});
my @two = grep { $_->{data} !~ /^a/ } @expected[1 .. 29];

is_deeply([map { $two->event } @two], \@two,
          'a client of other topics resumes with the same id');

$t->drop('news', qw(a b c d));

$t->finish;
