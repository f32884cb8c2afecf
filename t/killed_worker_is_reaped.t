#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A worker that was killed leaves no subscribers, topics or memory behind.

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

$t->expect_alert(qr/exited on signal 9/, qr/was locked by/);

my @subs = map { $t->subscribe("/events?topic=own$_,all") } 1 .. 40;
my $s = $t->status->{streams}{news};

is($s->{topics}, 41, 'each subscriber has a topic of its own');

my ($dead) = @{$s->{workers}};
my $n = $dead->{subscribers}{sse};

cmp_ok($n, '>', 0, 'worker has subscribers');
cmp_ok($n, '<', 40, 'and not all of them');

$t->publish('all', 'x' x 1000) for 1 .. 20;
kill 'KILL', $dead->{pid};

ok(wait_for(sub {
    my $s = eval { $t->status->{streams}{news} } or return 0;
    my @pids = map { $_->{pid} } @{$s->{workers}};
    @pids == 2 && !grep { $_ == $dead->{pid} } @pids;
}, 10), 'another worker is in its place');

$s = $t->status->{streams}{news};
is($s->{subscribers}{sse}, 40 - $n, 'its subscribers are gone');
is($s->{topics}, 41 - $n, 'and so are their topics');
is($s->{counters}{published}, 20, 'what it counted is kept');

$t->drop('news', 'all');

$t->finish;
