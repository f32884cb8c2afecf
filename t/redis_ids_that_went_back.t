#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Redis has lost its data and gives ids below those that were delivered:
# subscribers are told of the gap, and have what is published from then on.

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
        redis    %%REDIS%% timeout=1s;
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

$t->wait_redis;

my $sub = $t->subscribe('/events?topic=a');

# an hour ahead, as by another clock

my ($ms) = split /-/, $t->publish('a', 'first')->{id};
$t->redis->cli('XADD', 'rt:{news}', ($ms + 3600_000) . '-0', t => 'a',
               d => 'ahead');
my $ahead = $t->publish('a', 'after it')->{id};
is(join(', ', $sub->data(3)), 'first, ahead, after it', 'messages are delivered');

$t->redis->kill->wipe->start;

my $low = $t->publish_again('a', 'low')->{id};
is($t->id_cmp($low, $ahead), -1, 'ids went back');

my @events;

ok(wait_for(sub {
    $sub->pump(0.05);
    push @events, splice @{$sub->{events}};
    grep { $_->{data} eq 'low' } @events;
}, 10), 'what is published then is delivered');

is($events[0]{event}, 'rt.gap', 'after a gap was told');

$t->wait_redis;

my $low2 = $t->publish('a', 'low again')->{id};
is(($sub->data(1))[0], 'low again', 'and so is what follows');

my $resumed = $t->subscribe('/events?topic=a', last_id => $low);
is(join(', ', $resumed->data(1)), 'low again', 'new ids can be resumed from');

my $old = $t->subscribe('/events?topic=a', last_id => $ahead);
is($old->event->{event}, 'rt.gap', 'old ones are a gap');

$_->close for $sub, $resumed, $old;
$t->drop('news', 'a');

$t->finish;
