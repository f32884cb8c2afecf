#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A node of a cluster dies: if it is another one, the next url is asked, if it
# has the key, its replica is found.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new;
my $s = Test::RT::Topology->cluster($t->dir . '/cluster');

my ($owner, $other) = $s->nodes_of($s->slot('rt:{news}'));
my $replica = $s->add_replica($owner, $t->dir . '/cluster/replica');

# the one that dies comes first, the owner not at all

$t->conf(<<'CONF', URLS => join ' ', map { $_->url } $other, $replica)->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  1000 1h;
        redis    %%URLS%% cluster timeout=2s;
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
my $id = $t->publish('a', 'first')->{id};
is($sub->event->{id}, $id, 'a message is delivered');

$other->kill;
$owner->cli('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');

$id = $t->publish_again('a', 'second')->{id};
is($sub->event->{id}, $id, 'a node is dead: another one is asked');

ok(wait_for(sub { $replica->cli('CLUSTER', 'COUNTKEYSINSLOT',
                                $s->slot('rt:{news}')) == 1
                  && $replica->cli('INFO') =~ /master_link_status:up/ }, 20),
   'the replica has the key');

$owner->kill;
is($replica->cli('CLUSTER', 'FAILOVER', 'TAKEOVER'), 'OK',
   'the owner is dead, its replica takes over');

$id = $t->publish_again('a', 'third')->{id};

my @events;
ok(wait_for(sub {
    $sub->pump(0.05);
    push @events, splice @{$sub->{events}};
    grep { ($_->{id} // '') eq $id } @events;
}, 20), 'messages are delivered');

ok(wait_for(sub {
    my @links = $t->links('news');
    @links && !grep { $_->{server} ne '127.0.0.1:' . $replica->port } @links;
}, 15), 'all links are at the replica') or diag(explain([$t->links('news')]));

$sub->close;
$t->drop('news', 'a');

$t->finish;
