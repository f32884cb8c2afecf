#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A host that falls behind a stream which keeps few entries: whatever was
# trimmed before it was read lies in a gap that clients are told of.

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
        redis    %%PROXY%% timeout=10s probe=60s;
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

$t->wait_redis;

my $l = Test::RT::Ledger->new($t, clients => 3);
my $r = $t->redis;
my $n = 0;

srand 1;

# the newest 100 are kept, bursts are of up to 2000; XREAD takes 512

for my $round (1 .. 60) {
    my @data = map { ++$n } 1 .. 1 + int rand($round % 3 ? 90 : 2000);

    $t->proxy->stall_replies if $round % 5 == 0;

    my @ids = $r->pipeline(map {
        ['XADD', 'rt:{news}', 'MAXLEN', 100, '*', t => 'a', d => $_]
    } @data);

    $l->add($ids[$_], $data[$_]) for 0 .. $#data;

    $t->proxy->pass;
    $l->pump(sub { 1 });

    # now and then it catches up

    $l->pump(sub {
        !grep { !$_->got || ($_->got)[-1]{data} < $n } $l->clients;
    }, 20) if $round % 4 == 0;
}

my $sum = $l->check;
cmp_ok($sum->{missing}, '>', 0, 'entries were trimmed unread');
cmp_ok($sum->{gaps}, '>', 0, 'gaps were told');

$l->close;
$t->drop('news', 'a');

$t->finish;
