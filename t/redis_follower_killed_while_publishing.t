#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# The worker that follows Redis is killed again and again: another one takes
# over, and clients that resume have each acknowledged message once and in
# order.

use strict;
use warnings;

use Time::HiRes qw(time);
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

$t->expect_alert(qr/exited on signal 9/, qr/was locked by/);
$t->wait_redis;
my @clients = map { $t->client('/events?topic=a,b') } 1 .. 6;
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


my $killed = 0;
my $next = 0;

$t->pump(\@clients, sub {
    return 1 if $killed == 50;
    return 0 if time < $next;

    my $pid = eval { follower() } or return 0;
    my @pids = grep { kill 0, $_ } eval { $t->worker_pids };
    return 0 if @pids < 2 || !grep { $_ == $pid } @pids;

    $killed += kill 'KILL', $pid;
    $next = time + 0.1;
    return 0;
}, 60);

is($killed, 50, 'fifty followers were killed');

$t->write('stop', '');

my @acknowledged = map { my $job = $_; @{$t->pump(\@clients, $job, 20) || []} }
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

is(scalar(@missing), 0, 'no acknowledged message was lost');
is(scalar(@disorder), 0, 'ids only increase, nothing is repeated');
is(scalar(map { $_->gaps } @clients), 0, 'no gap was told')
    or diag(explain([map { $_->gaps } @clients]));

my $entries = join ' ', map { $_->{id} } $t->redis->entries('rt:{news}');
is((grep { join(' ', map { $_->{id} } $_->got) ne $entries } @clients), 0,
   'all that is in Redis was delivered, and nothing else');

$_->close for @clients;
$t->drop('news', 'a', 'b');

$t->finish;


sub follower { $t->status->{streams}{news}{redis}{follower} }
