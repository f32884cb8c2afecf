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

my @clients = map { $t->client('/events?topic=a,b') } 1 .. 4;
$t->pump(\@clients, sub { !grep { !$_->primed } @clients });

my @jobs = map { my $topic = $_; $t->background(sub {
    my $p = $t->publisher;
    my (@acknowledged, $n);

    while (!-e $t->dir . '/stop') {

        # 503 is an exception

        my $answer = eval { $p->publish($topic, ++$n) };

        if ($answer) {
            push @acknowledged, $answer->{id};
            select undef, undef, undef, 0.001;

        } else {
            delete $p->{socket};
            select undef, undef, undef, 0.02;
        }
    }

    return \@acknowledged;
}) } qw(a b);


my @stay = map { $t->subscribe('/events?topic=a,b') } 1 .. 4;
my @all = (@clients, @stay);

for my $n (1 .. 5) {
    my $job = $t->background(sub { $t->reload });
    ok($t->pump(\@all, $job, 30), "reload $n");
    push @clients, $t->client('/events?topic=a,b', last_id => '0-0');
    pop(@clients)->close;
    $t->pump(\@all, sub { 0 }, 0.3 / $Test::RT::PATIENCE);
    $clients[$n % 4]->drop;
}

$t->write('stop', '');

my @acknowledged = map { my $job = $_; @{$t->pump(\@all, $job, 20) || []} }
    @jobs;
cmp_ok(@acknowledged, '>', 200, 'messages were published meanwhile');

my $last = $t->publish_again('a', 'last')->{id};

ok($t->pump(\@clients, sub {
    !grep { !$_->got || ($_->got)[-1]{id} ne $last } @clients;
}, 30), 'all clients have the newest message');

my (@missing, @disorder);

for my $c (@clients) {
    my @ids = map { $_->{id} } $c->got;
    my %got = map { $_ => 1 } @ids;

    push @disorder, grep { $t->id_cmp($ids[$_ - 1], $ids[$_]) >= 0 } 1 .. $#ids;
    push @missing, grep { !$got{$_} } @acknowledged;
}

ok($t->pump(\@stay, sub {
    !grep { my @e = $_->events; !@e || $e[-1]{id} ne $last } @stay;
}, 20), 'and so have subscribers that never left');

is(scalar(@missing), 0, 'no acknowledged message was lost');
is(scalar(@disorder), 0, 'ids only increase, nothing is repeated');
is(scalar(map { $_->gaps } @clients), 0, 'no gap was told');

my @entries = map { $_->{id} } $t->redis->entries('rt:{news}');

is((grep { join(' ', map { $_->{id} } $_->got) ne "@entries" } @clients), 0,
   'clients have all that is in Redis');

my $bad = 0;

for my $sub (@stay) {
    my @ids = map { $_->{id} } $sub->events;
    $bad++ if "@ids" ne "@entries[@entries - @ids .. $#entries]";
}

is($bad, 0, 'those that never left have all since they came');

$_->close for @all;
$t->drop('news', 'a', 'b');

$t->finish;
