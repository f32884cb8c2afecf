#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Wherever in what Redis says the connection breaks: it is opened again, all
# that is in Redis is delivered once and in order, and so is all that was
# acknowledged.

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
        history  5000 1h;
        redis    %%PROXY%% timeout=2s;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
            rt_buffer     4m;
        }

        location = /publish {
            rt_publish  news $arg_topic event=$arg_event;
        }
    }
}

CONF

$t->wait_redis;

my $sub = $t->subscribe('/events?topic=a');
my (@acknowledged, @stuck);

for my $n (1 .. 150) {
    my $cuts = $t->proxy->stat->{cuts};

    $t->proxy->cut_after($n, $n % 2 ? 'rst' : 'fin');

    wait_for(sub {
        my $answer = eval { $t->publish('a', 'x' x ($n % 30), event => 'e') };
        push @acknowledged, $answer->{id} if $answer;
        $t->proxy->stat->{cuts} > $cuts;
    }, 10) or push @stuck, $n;

    # a short outage has a short back-off

    my $answer = $t->publish_again('a', 'whole');
    push @acknowledged, $answer->{id} if $answer;
}

is("@stuck", '', 'links are opened again');

my $last = $t->publish_again('a', 'last')->{id};

ok(wait_for(sub {
    $sub->pump(0.1);
    grep { $_->{id} eq $last } $sub->events;
}, 20), 'subscriber has the newest message');

my @ids = map { $_->{id} } $sub->events;
my %got = map { $_ => 1 } @ids;

is(join(' ', @ids), join(' ', map { $_->{id} } $t->redis->entries('rt:{news}')),
   'all that is in Redis was delivered, once and in order');
is((grep { !$got{$_} } @acknowledged), 0, 'also what was acknowledged');
is((grep { $_->{event} eq 'rt.gap' } $sub->events), 0, 'no gap was told');
is((grep { $_ ne '' } map { /exited on/ ? $_ : () }
    split /\n/, $t->read('error.log')), 0, 'no worker died');

$sub->close;
$t->drop('news', 'a');

$t->finish;
