#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client that comes back to now this host, now that one gets each message once
# and in order.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $conf = <<'CONF';

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     32m;
        history  5000 1h;
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

my $t = Test::RT->new->conf($conf)->run;
my $u = Test::RT->new(redis => $t->redis)->conf($conf)->run;

$_->wait_redis for $t, $u;

my @ports = ($t->port, $u->port);
my @clients = map { $t->client('/events?topic=a', port => $ports[$_ % 2],
                               mixed => $_ % 3) } 1 .. 12;
$t->pump(\@clients, sub { !grep { !$_->primed } @clients });

my @jobs = map { my $host = $_; $host->background(sub {
    my $p = $host->publisher;

    for (1 .. 1500) {
        $p->publish('a', $_ . ' ' . 'x' x rand 1000);
        select undef, undef, undef, 0.01 if $_ % 20 == 0;
    }

    return 1;
}) } $t, $u;

srand 1;

my $done = sub { !grep { !$_->() } @jobs };

$t->pump(\@clients, sub {
    for (1 .. 2) {
        my $c = $clients[rand @clients];
        $c->{opt}{port} = $ports[rand 2];
        $c->drop;
    }

    return $done->();
}, 60);

ok($done->(), 'all messages were published');

my @ids = map { $_->{id} } $t->redis->entries('rt:{news}');

is(@ids, 3000, 'all are in Redis');

ok($t->pump(\@clients, sub {
    !grep { !$_->got || ($_->got)[-1]{id} ne $ids[-1] } @clients;
}, 20), 'all clients have the last one');

my $bad = 0;
my $opened = 0;

for my $c (@clients) {
    $bad++ if join(' ', map { $_->{id} } $c->got) ne "@ids";
    $opened += $c->{opened};
}

is($bad, 0, 'each client has each message once, in order');
is(scalar(map { $_->gaps } @clients), 0, 'no client was told of a gap')
    or diag(explain([map { $_->gaps } @clients]));
cmp_ok($opened, '>', 100, 'clients came back often');

$_->close for @clients;
$_->drop('news', 'a') for $t, $u;

$u->finish(more => 1);
$t->finish;
