#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A publisher that leaves while Redis has not answered does no harm: others get
# their own answers.

use strict;
use warnings;

use Socket ();
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
        redis    %%PROXY%% timeout=10s probe=60s;
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

for my $round (1 .. 5) {
    $t->proxy->stall_replies;

    my $have = $t->redis->cli('XLEN', 'rt:{news}');
    my @gone = map { $t->connect } 1 .. 10;

    for (0 .. $#gone) {
        print { $gone[$_] } "POST /publish?topic=a HTTP/1.1\r\nHost: a\r\n"
            . "Content-Length: 4\r\n\r\ngone";
        $gone[$_]->flush;
    }

    ok(wait_for(sub { $t->redis->cli('XLEN', 'rt:{news}') == $have + 10 }),
       'publishes are under way');

    # some by FIN, some by RST

    for (0 .. $#gone) {
        setsockopt $gone[$_], Socket::SOL_SOCKET(), Socket::SO_LINGER(),
            pack 'ii', 1, 0 if $_ % 2;
        close $gone[$_];
    }

    my @jobs = map { my $n = $_; $t->background(sub {
        [$n, $t->publish('a', "stays $round-$n", timeout => 20)->{id}]
    }) } 1 .. 4;

    ok(wait_for(sub { $t->redis->cli('XLEN', 'rt:{news}') == $have + 14 }),
       'and others behind them');

    $t->proxy->pass;

    my %id = map { $_->{d} => $_->{id} } $t->redis->entries('rt:{news}');

    for (@jobs) {
        my ($n, $id) = @{wait_for($_, 10)};
        is($id, $id{"stays $round-$n"}, 'those who stay have their own ids');
    }

    is(scalar $sub->data(14), 14, 'all messages are delivered');
}

$sub->close;
$t->drop('news', 'a');

$t->finish;
