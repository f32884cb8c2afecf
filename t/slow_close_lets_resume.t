#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client that fell behind the history is closed with a last chunk when it has
# read what was sent; coming back it is told of the gap and goes on.

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
        history  20 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport sndbuf=16k;

        location = /events {
            rt_subscribe  news $arg_topic;
            rt_buffer     64k;
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

ok($t->pump([$client], sub {
    $client->got && ($client->got)[-1]{data} =~ /^200 /;
}, 10), 'client has the newest message');

cmp_ok($client->{opened}, '>=', 2, 'it came back');
is($client->{ended}, $client->{opened} - 1, 'after a last chunk');
cmp_ok(scalar $client->gaps, '>=', 1, 'it was told of a gap');

my %got = map { $_->{id} => 1 } $client->got;
my @gaps = map { json($_->{data}) } $client->gaps;

my @untold = grep {
    my $id = $_;
    !$got{$id} && !grep { $t->id_cmp($_->{after}, $id) < 0
                          && $t->id_cmp($id, $_->{resumed}) < 0 } @gaps;
} @ids;

my @ids_got = map { $_->{id} } $client->got;
is_deeply(\@ids_got, [grep { $got{$_} } @ids],
          'messages came once and in order');
is("@untold", '', 'all that is missing was told');
cmp_ok(scalar(@ids_got), '>', 21, 'what was sent before the gap arrived');

$client->close;
$t->drop('news', 'a');

$t->finish;
