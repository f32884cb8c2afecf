#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# In a cluster the node that has the key is found, wherever it moves to.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new;
my $s = Test::RT::Topology->cluster($t->dir);
$t->{redis} = $s->server(0);
$t->conf(<<'CONF', NODES => $s->urls)->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  1000 1h;
        redis    %%NODES%% cluster timeout=1s;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic event=$arg_event;
        }
    }
}

CONF

$t->wait_redis;

my $sub = $t->subscribe('/events?topic=a');
my $id = $t->publish('a', 'first')->{id};
is($sub->event->{id}, $id, 'a message is delivered');

my $slot = $s->slot('rt:{news}');
my ($from, $to) = $s->nodes_of($slot);

# the key goes while the slot does: ASK

$s->begin_move($slot, $from, $to);
$s->move_key('rt:{news}', $from, $to);

$id = $t->publish_again('a', 'second')->{id};
is($sub->event->{id}, $id, 'ASK is followed');

# and the slot has gone: MOVED

$s->end_move($slot, $to);
$id = $t->publish_again('a', 'third')->{id};
is($sub->event->{id}, $id, 'MOVED is followed');

ok(wait_for(sub {
    grep { $_->{server} eq '127.0.0.1:' . $to->port } $t->links('news', 'follower');
}, 10), 'the follower is at the other node');

is(scalar(grep { $_->{event} eq 'rt.gap' } $sub->events), 0, 'no gap was told');

$sub->close;
$t->drop('news', 'a');

$t->finish;
