#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# When the worker that follows Redis dies or retires, another one takes over at
# once, also if nobody publishes.

use strict;
use warnings;

use Time::HiRes qw(time);
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
        redis    %%REDIS%%;
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

$t->expect_alert(qr/exited on signal 9/);

my @clients = map { $t->client('/events?topic=a') } 1 .. 6;
$t->pump(\@clients, sub { !grep { !$_->primed } @clients });

sub follower { eval { $t->status->{streams}{news}{redis}{follower} } }

my $pid = follower();
ok((grep { $_ == $pid } $t->worker_pids), 'one worker follows');

my $n = 0;

# an entry of another host, which no publisher here brings about

sub delivered {
    my ($name) = @_;

    my $id = $t->redis->add('rt:{news}', 'a', ++$n);
    my $from = time;

    ok($t->pump(\@clients, sub {
        !grep { !$_->got || ($_->got)[-1]{id} ne $id } @clients;
    }, 10), "$name: an entry is delivered");

    cmp_ok(time - $from, '<', 2 * $Test::RT::PATIENCE, 'at once');
}

delivered('at first');

for my $i (1 .. 3) {
    my $old = follower();
    kill 'KILL', $old;
    delivered("killed, $i");

    ok($t->pump(\@clients, sub {
        my $new = follower();
        $new && $new != $old && kill 0, $new;
    }), 'another worker follows');

    $t->pump(\@clients, sub { my @p = eval { $t->worker_pids }; @p == 2 });
}

for my $i (1 .. 3) {
    my $old = follower();
    my $job = $t->background(sub { $t->reload });
    delivered("reloaded, $i");
    ok($t->pump(\@clients, $job, 20), 'new workers are there');

    ok($t->pump(\@clients, sub {
        my $new = follower();
        $new && $new != $old && grep { $_ == $new } $t->worker_pids;
    }, 10), 'one of them follows');
    delivered("after reload, $i");
}

is((grep { join(' ', map { $_->{data} } $_->got) ne join ' ', 1 .. $n }
    @clients), 0, 'each client has each entry once, in order');
is(scalar(map { $_->gaps } @clients), 0, 'no gap was told');

$_->close for @clients;
$t->drop('news', 'a');

$t->finish;
