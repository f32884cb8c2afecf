#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# After a reload that changes the zone WebSockets of old workers are closed
# with 1001 within some seconds, and clients that come back are told.

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

my @subs = map { $t->websocket("/events?topic=a", protocol => 'rt.json') }
           1 .. 6;
$_->json for @subs;

my $id = $t->publish('a', 'one')->{id};
is((grep { $_->json->{data} ne 'one' } @subs), 0, 'all are subscribed');

my $size = $t->status->{streams}{news}{zone}{size};
my $conf = $t->read('nginx.conf');
$conf =~ s/zone     4m/zone     3m/ or die;
$t->write('nginx.conf', $conf);

kill 'HUP', $t->master_pid;

ok(wait_for(sub {
    my $s = $t->status->{streams}{news};
    $s->{zone}{size} < $size && @{$s->{workers}} == 2;
}, 10), 'new workers have the new zone');

$t->{used}{news} = $t->status->{streams}{news}{zone}{used};

ok($t->pump(\@subs, sub { !grep { !$_->{closed} } @subs }, 15),
   'old subscribers are closed within some seconds');
is((grep { ($_->{close_code} // 0) == 1001 } @subs), 6, 'each with 1001');

my $back = $t->websocket("/events?topic=a&last_event_id=$id",
                         protocol => 'rt.json');
is($back->json->{gap}{after}, $id, 'a client that comes back is told');

my $raw = $t->websocket("/events?topic=a&last_event_id=$id");
is($raw->wait_close_code, 4409, 'or closed');

$t->publish('a', 'two');
is($back->json->{data}, 'two', 'and gets what the new zone has');

$_->close for @subs, $back, $raw;
$t->drop('news', 'a');

$t->finish;
