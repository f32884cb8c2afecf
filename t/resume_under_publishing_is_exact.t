#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Clients that break off anywhere, also in the middle of an event, and come
# back while messages are published get each message once and in order.

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
        history  4000 1h;
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

my @clients = map { $t->client('/events?topic=a') } 1 .. 20;
$t->pump(\@clients, sub { !grep { !$_->primed } @clients });

my $job = $t->background(sub {
    my $p = $t->publisher;

    for (1 .. 3000) {
        $p->publish('a', "$_ " . 'x' x rand 3000);
        select undef, undef, undef, 0.01 if $_ % 20 == 0;
    }

    return 1;
});

srand 1;

$t->pump(\@clients, sub {
    $clients[rand @clients]->drop for 1 .. 3;
    return $job->();
}, 30);

ok($job->(), 'all messages were published');

$t->pump(\@clients, sub { !grep { $_->got < 3000 } @clients }, 20);

my $bad = 0;
my $opened = 0;

for my $c (@clients) {
    my @numbers = map { $_->{data} =~ /^(\d+)/ } $c->got;
    $bad++ if "@numbers" ne join ' ', 1 .. 3000;
    $opened += $c->{opened};
}

is($bad, 0, 'each client got each message once, in order');
is(scalar(map { $_->gaps } @clients), 0, 'no client was told of a gap');
cmp_ok($opened, '>', 100, 'clients came back often');

$_->close for @clients;
$t->drop('news', 'a');

$t->finish;
