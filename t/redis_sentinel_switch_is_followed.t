#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# With Sentinel the master is found by its name; links move with it, when it is
# switched and when it dies.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new;
my $s = Test::RT::Topology->sentinel($t->dir);
$t->{redis} = $s->server(0);
$t->conf(<<'CONF', SENTINELS => $s->urls)->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  1000 1h;
        redis    %%SENTINELS%% sentinel=mymaster timeout=1s;
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

ok(wait_for(sub { $s->server(1)->cli('XLEN', 'rt:{news}') == 1 }, 10),
   'the replica has it');

my $old = $s->master_port;
is(scalar(grep { $_->{server} eq "127.0.0.1:$old" } $t->links('news', 'follower')),
   1, 'the follower is at the master');

$s->failover;
ok(wait_for(sub { $s->master_port != $old }, 20), 'the master is another one');

my $new = $s->master_port;
ok(wait_for(sub {
    !grep { $_->{name} ne 'sentinel' && ($_->{server} ne "127.0.0.1:$new"
                                         || $_->{state} ne 'ready') }
        $t->links('news');
}, 15), 'all links have moved');

$id = $t->publish_again('a', 'second')->{id};
is($sub->event->{id}, $id, 'and messages are delivered');

$s->kill($new);
is($t->http('POST', '/publish?topic=a', body => 'x')->{status}, 503,
   'without a master publishers are refused');

ok(wait_for(sub { $s->master_port != $new }, 30), 'it died: another one is made');
$t->publish_again('a', 'third');
ok(wait_for(sub {
    $sub->pump(0.05);
    grep { $_->{data} eq 'third' } $sub->events;
}, 20), 'and messages are delivered');

$sub->close;
$t->drop('news', 'a');

$t->finish;
