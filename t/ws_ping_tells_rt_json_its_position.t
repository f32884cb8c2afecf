#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# With "rt.json" a ping comes with the position, since scripts in browsers do
# not see pings, and a client can resume from it.

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
        history  1 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;
        rt_ping  300ms;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my @subs = map { $t->websocket("$_?topic=a", protocol => 'rt.json') }
           '/events', '/attached';
my $raw = $t->websocket('/events?topic=a');

my $first = $subs[0]->json->{position};
$subs[1]->json;

my $id = $t->publish('b', 'not for them')->{id};

for (@subs) {
    my $m;
    1 while ($m = $_->json) && $m->{position} ne $id;
    is_deeply($m, { position => $id }, 'the position moves to the newest id');
    cmp_ok($_->{pings}, '>=', 1, 'together with a ping');
}

cmp_ok($t->id_cmp($first, $id), '<', 0, 'it was another one before');
ok($t->pump([$raw], sub { $raw->{pings} > 2 }), 'a raw client is pinged');
ok(!$raw->messages, 'and told nothing');

# the history of "a" is one message, so only the position makes this complete

$t->publish('a', 'one');
my $position = $id;

my $back = $t->websocket("/events?topic=a&last_event_id=$position",
                         protocol => 'rt.json');
is($back->json->{position}, $position, 'client resumes from it');
is($back->event->{data}, 'one', 'and gets what came since');

$_->close for @subs, $raw, $back;
$t->drop('news', qw(a b));

$t->finish;
