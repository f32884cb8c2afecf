#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client that asks for a history again and again, and takes nothing, is held
# back: what waits for it does not grow with what it asked for.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new(workers => 1)->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     16m;
        history  30 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% sndbuf=16k;

        location = /ws {
            rt_subscribe  news $arg_topic dynamic=b;
            rt_buffer     64k;
            rt_slow       skip;
        }

        location = /publish {
            client_body_buffer_size  64k;
            rt_publish               news $arg_topic;
        }
    }
}

CONF

my $first = $t->publish('z', 'first')->{id};
my $p = $t->publisher;
$p->publish('b', "b$_ " . 'x' x 20000) for 1 .. 3;

my $ws = $t->websocket('/ws?topic=a', protocol => 'rt.json', rcvbuf => 4096);
$ws->json;

my ($worker) = $t->worker_pids;
my $before = $t->rss($worker);
my $n = 90;

$ws->send_raw(join '', map {
    $ws->frame(1, '{"unsubscribe":["b"]}')
        . $ws->frame(1, qq({"subscribe":["b"],"after":"$first"}))
} 1 .. $n);

ok(wait_for(sub { $t->status->{streams}{news}{counters}{received} > 1 }),
   'commands are read');
sleep 0.5;

cmp_ok($t->status->{streams}{news}{counters}{received}, '<', $n,
       'but not all of them');

SKIP: {
    skip 'memory is another matter under a sanitizer', 1 if $ENV{RT_SANITIZE};
    cmp_ok($t->rss($worker) - $before, '<', 2 << 20, 'what waits is bounded');
}

my $acks = 0;

while ($acks < 2 * $n) {
    my $m = $ws->json or last;
    $acks++ if exists $m->{ack};
}

is($acks, 2 * $n, 'when it reads, all commands are served');

$ws->close;
$t->drop('news', 'a', 'b', 'z');
$t->finish;
