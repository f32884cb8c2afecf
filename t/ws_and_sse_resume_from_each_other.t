#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# An id taken from SSE resumes on WebSocket and the other way round: clients
# that change the protocol whenever a connection breaks, anywhere, get each
# message once and in order, while messages are published and nginx is
# reloaded.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);

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

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my @clients = map {
    $t->client(($_ % 3 ? '/events' : '/attached') . '?topic=a,b', mixed => $_,
               $_ % 4 < 2 ? () : (deflate => 1))
} 1 .. 20;

$t->pump(\@clients, sub { !grep { !$_->primed } @clients });

my $job = $t->background(sub {
    my $p = $t->publisher;
    my @sent;

    # when a worker exits, nobody knows if the last message was published

    for my $n (1 .. 2000) {
        my $answer = $p->publish($n % 3 ? 'a' : 'b', "$n " . 'x' x rand 3000);
        push @sent, $answer ? $n : 'unknown';
        select undef, undef, undef, 0.01 if $n % 20 == 0;
    }

    return join ' ', @sent;
});

srand 1;
my $reloads = 0;
my $start = time;

$t->pump(\@clients, sub {
    $clients[rand @clients]->drop for 1 .. 3;

    if ($reloads < 2 && time - $start > 0.4 * ($reloads + 1)) {
        kill 'HUP', $t->master_pid;
        $reloads++;
    }

    # and until each has come back often

    return defined $job->() && !grep { $_->{opened} <= 10 } @clients;
}, 30);

my $sent = $job->();
ok($sent, 'all messages were published');
is($reloads, 2, 'nginx was reloaded meanwhile');

my $id = $t->publish('a', 'end')->{id};

ok($t->pump(\@clients, sub {
    !grep { !$_->got || ($_->got)[-1]{id} ne $id } @clients;
}, 20), 'all came to the end');

# what an exiting worker published without an answer is there or not, for all

my $bad = 0;
my $first = join ' ', map { $_->{id} } $clients[0]->got;

for my $c (@clients) {
    my @ids = map { $_->{id} } $c->got;
    my @numbers = map { $_->{data} =~ /^(\d+)/ } $c->got;
    my %seen;

    $bad++ if "@ids" ne $first || grep { $seen{$_}++ } @ids;
    $bad++ if "@numbers" ne join ' ', sort { $a <=> $b } @numbers;
}

is($bad, 0, 'each client got each message once, in order');

my %got = map { ($_->{data} =~ /^(\d+)/)[0] // '' => 1 } $clients[0]->got;
is((grep { $_ ne 'unknown' && !$got{$_} } split / /, $sent), 0,
   'none that was answered is missing');
is(scalar(map { $_->gaps } @clients), 0, 'no client was told of a gap');
is((grep { $_->{opened} <= 10 } @clients), 0,
   'clients came back often, by both protocols');

$_->close for @clients;
$t->drop('news', qw(a b));

$t->finish(patience => 20);
