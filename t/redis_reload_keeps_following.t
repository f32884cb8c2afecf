#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Reloads under publishing: subscribers of old workers and of new ones have each
# message once and in order.

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

$t->wait_redis;

my $l = Test::RT::Ledger->new($t, topics => [qw(a b)])->start;
my @stay = map { $t->subscribe('/events?topic=a,b') } 1 .. 4;

for my $n (1 .. 5) {
    my $job = $t->background(sub { $t->reload });
    ok($l->pump($job, 30), "reload $n");
    ok($l->more(50), 'messages are published');
    ($l->clients)[$n % 4]->drop;
}

my $sum = $l->check;
is($sum->{missing}, 0, 'none is missing');
is($sum->{gaps}, 0, 'and no gap was told');

my @ids = map { $_->{id} } $t->redis->entries('rt:{news}');
is((grep { join(' ', map { $_->{id} } $_->got) ne "@ids" } $l->clients), 0,
   'clients have all that is in Redis');

ok($t->pump(\@stay, sub {
    !grep { my @e = $_->events; !@e || $e[-1]{id} ne $ids[-1] } @stay;
}, 20), 'subscribers of old workers have the newest message');

my $bad = 0;

for my $sub (@stay) {
    my @got = map { $_->{id} } $sub->events;
    $bad++ if "@got" ne "@ids[@ids - @got .. $#ids]";
}

is($bad, 0, 'and all before it since they came');

$l->close;
$_->close for @stay;
$t->drop('news', 'a', 'b');

$t->finish;
