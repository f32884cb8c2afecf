#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A message of a WebSocket client is acknowledged with the id that Redis gave.

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
            rt_receive    publish;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

$t->wait_redis;

my $ws = $t->websocket('/events?topic=a', protocol => 'rt.json');
my $sse = $t->subscribe('/events?topic=a');
my $raw = $t->websocket('/events?topic=a');

like($ws->json->{position}, qr/^\d+-\d+$/, 'a position comes first');

$ws->send_json({ topic => 'a', data => "m$_", event => 'e', ref => $_ })
    for 1 .. 100;

my (%ack, @events);

while (keys(%ack) + @events < 200) {
    my $m = $ws->json or last;
    if (exists $m->{topic}) { push @events, $m } else { $ack{$m->{ack}} = $m }
}

my @entries = $t->redis->entries('rt:{news}');

is(join(' ', map { $ack{$_}{id} // '' } 1 .. 100),
   join(' ', map { $_->{id} } @entries), 'acknowledgements have Redis\'s ids');
is(join(' ', map { $_->{id} } @events), join(' ', map { $_->{id} } @entries),
   'and so have the messages');
is($entries[0]{e}, 'e', 'the type of event is in Redis');
is(join(' ', $sse->data(100)), join(' ', map { "m$_" } 1 .. 100),
   'other subscribers have them in order');
$raw->data(100);

$raw->send_text('raw');
is($sse->event->{id}, ($t->redis->entries('rt:{news}'))[-1]{id},
   'a raw client publishes the same way');
$ws->json;
$raw->data(1);

# Redis is away

$t->redis->kill;
$ws->send_json({ topic => 'a', data => 'x', ref => 'away' });
my $m = $ws->json(10);
ok($m && $m->{error}, 'while Redis is away there is an error')
    or diag(explain($m));
is($m->{ref} // $m->{ack} // $m->{error}{ref} // '', 'away', 'with the ref');

$t->redis->start;
my $id = $t->publish_again('a', 'back')->{id};
ok($ws->json->{gap}, 'Redis is back without its data: a gap');
is(($ws->json || {})->{id}, $id, 'the client is still there');

# a client that leaves

ok($t->wait_redis, 'all links are ready again');

for (1 .. 20) {
    my $c = $t->websocket('/events?topic=a', protocol => 'rt.json');
    $c->send_json({ topic => 'a', data => 'left', ref => 1 });
    $c->close;
}

$t->publish('a', 'end');
ok(wait_for(sub { $sse->pump(0.05); grep { $_->{data} eq 'end' } $sse->events }),
   'clients that leave while it is under way do no harm');

$_->close for $ws, $sse, $raw;
$t->drop('news', 'a');

$t->finish;
