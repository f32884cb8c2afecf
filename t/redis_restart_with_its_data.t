#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Redis is killed and started again with its data, several times under
# publishing: clients have each acknowledged message once and in order.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new;
$t->redis(appendonly => 'yes', appendfsync => 'always');

$t->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     32m;
        history  100000 1h;
        redis    %%REDIS%% timeout=1s maxlen=100000;
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


for (1 .. 5) {
    my $len = $t->redis->cli('XLEN', 'rt:{news}');
    ok($t->pump(\@clients, sub {
        $t->redis->cli('XLEN', 'rt:{news}') > $len + 50;
    }, 20), 'messages are published');

    $t->redis->kill;
    $t->pump(\@clients, sub { 0 }, 0.3);
    $t->redis->start;
}

ok($t->pump(\@clients, sub {
    my $n = $t->redis->cli('XLEN', 'rt:{news}');
    $n > 400;
}, 20), 'and again at the end');

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
is(scalar(map { $_->gaps } @clients), 0, 'no gap was told');

my $entries = join ' ', map { $_->{id} } $t->redis->entries('rt:{news}');
is((grep { join(' ', map { $_->{id} } $_->got) ne $entries } @clients), 0,
   'all that is in Redis was delivered, and nothing else');

$_->close for @clients;
$t->drop('news', 'a', 'b');

$t->finish;
