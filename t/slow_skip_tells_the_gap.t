#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# With "rt_slow skip" a client that fell behind the history stays, is told of
# the gap and goes on with what there is.

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
            rt_slow       skip;
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

is($client->{opened}, 1, 'it was not closed');
cmp_ok(scalar $client->gaps, '>=', 1, 'it was told of a gap');

my $gap = ($client->gaps)[-1];
my $back = $t->subscribe('/events?topic=a', last_id => $gap->{id});
is(($back->data(20))[-1], '200 ' . 'x' x 20000, 'gap can be resumed from');

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

$_->close for $client, $back;
$t->drop('news', 'a');

$t->finish;
