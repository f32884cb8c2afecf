#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Workers are killed, a hundred times, while they publish and deliver.  Clients
# that resume get each acknowledged message once, and what the dead had in the
# zone is given back.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new->conf(<<'CONF')->run;

%%GLOBALS%%

events {
    worker_connections  1024;
}

http {
    %%HTTP%%

    rt_stream news {
        zone     128m;
        history  100000 1h;
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

$t->expect_alert(qr/exited on signal 9/, qr/was locked by/);

my @topics = ('a', 'b', 'a,b');
my @clients = map { $t->client("/events?topic=$topics[$_ % 3]") } 1 .. 9;
$t->pump(\@clients, sub { !grep { !$_->primed } @clients });

my @jobs = map { my $topic = $_; $t->background(sub {
    my $p = $t->publisher;
    my (@acknowledged, $n);

    while (!-e $t->dir . '/stop') {
        my $answer = $p->publish($topic, ++$n . ' ' . 'x' x rand 3000);
        push @acknowledged, $answer->{id} if $answer;
        select undef, undef, undef, 0.001 if $n % 4 == 0;
    }

    return \@acknowledged;
}) } qw(a b);

my $killed = 0;
my $next = 0;

$t->pump(\@clients, sub {
    return 1 if $killed == 100;
    return 0 if time < $next;

    my @pids = grep { kill 0, $_ } eval { $t->worker_pids };
    return 0 if @pids < 2;

    $killed += kill 'KILL', $pids[rand @pids];
    $next = time + 0.03 + rand 0.05;
    return 0;
}, 60);

is($killed, 100, 'a hundred workers were killed');

my $last = $t->publisher;
$t->write('stop', '');

my %acknowledged;
@acknowledged{qw(a b)} = map {
    my $job = $_;
    $t->pump(\@clients, $job, 10);
} @jobs;

for my $topic (qw(a b)) {
    cmp_ok(@{$acknowledged{$topic}}, '>', 500, "messages to $topic");
    push @{$acknowledged{$topic}}, $last->publish($topic, 'last')->{id};
}

ok($t->pump(\@clients, sub {
    !grep { !$_->got || ($_->got)[-1]{data} ne 'last' } @clients;
}, 60), 'all clients have the newest message');

my (@missing, @disorder);

for my $c (@clients) {
    my %got = map { $_->{id} => 1 } $c->got;
    my @ids = map { $_->{id} } $c->got;

    push @disorder, grep { $t->id_cmp($ids[$_ - 1], $ids[$_]) >= 0 } 1 .. $#ids;

    for my $id (map { @{$acknowledged{$_}} } $c->{uri} =~ /\b([ab])\b/g) {
        push @missing, $id unless $got{$id};
    }
}

is(scalar(@missing), 0, 'no acknowledged message was lost');
is(scalar(@disorder), 0, 'ids only increase, nothing is repeated');
is(scalar(map { $_->gaps } @clients), 0, 'no gap was told');

$_->close for @clients;
$t->drop('news', qw(a b));

$t->finish;
