#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client that fell behind its buffer, but not behind the history, gets all of
# it when it reads again.

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
        zone     16m;
        history  1000 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport sndbuf=16k;

        location = /events {
            rt_subscribe  news $arg_topic;
            rt_buffer     32k;
        }

        location = /publish {
            rt_publish  news $arg_topic;
            client_body_buffer_size  64k;
        }
    }
}

CONF

my $client = $t->client('/events?topic=a', rcvbuf => 4096);
$t->pump([$client], sub { $client->primed });

my $p = $t->publisher;
my @ids = map { $p->publish('a', "$_ " . 'x' x 20000)->{id} } 1 .. 200;

ok($t->status->{streams}{news}{counters}{slow}, 'client was slow');
ok(!$client->got, 'and has read nothing');

$t->pump([$client], sub {
    $p->publish('a', $client->got + 1000) if $client->got % 50 == 49;
    $client->got >= 200;
}, 10);

my @numbers = map { $_->{data} =~ /^(\d+)/ } $client->got;
is("@numbers[0 .. 199]", join(' ', 1 .. 200), 'nothing is missing');
is($client->{opened}, 1, 'it was not closed');
is(scalar $client->gaps, 0, 'and told of no gap');

$p->publish('a', 'end');
ok($t->pump([$client], sub { ($client->got)[-1]{data} eq 'end' }),
   'it is live again');

my @ids_got = map { $_->{id} } $client->got;
is((grep { $t->id_cmp($ids_got[$_ - 1], $ids_got[$_]) >= 0 } 1 .. $#ids_got),
   0, 'ids only increase');

$client->close;
$t->drop('news', 'a');

$t->finish;
