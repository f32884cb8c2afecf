#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# The worker that follows Redis is killed again and again: another one takes
# over, and clients that resume have each acknowledged message once and in
# order.

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
        zone     32m;
        history  100000 1h;
        redis    %%REDIS%% maxlen=100000;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
            rt_buffer     4m;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

$t->expect_alert(qr/exited on signal 9/, qr/was locked by/);
$t->wait_redis;

my $l = Test::RT::Ledger->new($t, topics => [qw(a b)], clients => 6)->start;

my $killed = 0;
my $last = 0;

$l->pump(sub {
    my $pid = eval { $t->status->{streams}{news}{redis}{follower} } or return 0;
    my @pids = grep { kill 0, $_ } eval { $t->worker_pids };

    # another worker has taken over, and there is one for the next time

    return 0 if $pid == $last || @pids < 2 || !grep { $_ == $pid } @pids;

    $last = $pid;
    $killed += kill 'KILL', $pid;
    return $killed == 50;
}, 100);

is($killed, 50, 'fifty followers were killed');

ok($l->more(100), 'messages are published');
cmp_ok(scalar(my @all = $l->acknowledged), '>', 200, 'so they were meanwhile');

my $sum = $l->check;
is($sum->{missing}, 0, 'none is missing');
is($sum->{gaps}, 0, 'and no gap was told');

my $entries = join ' ', map { $_->{id} } $t->redis->entries('rt:{news}');
is((grep { join(' ', map { $_->{id} } $_->got) ne $entries } $l->clients), 0,
   'all that is in Redis was delivered, and nothing else');

$l->close;
$t->drop('news', 'a', 'b');

$t->finish;
