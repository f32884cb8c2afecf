#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A thousand WebSockets get a hundred messages each, once and in order.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new->conf(<<'CONF')->run;

%%GLOBALS%%

events {
    worker_connections  2048;
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  1000 1h;
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

my @topics = (('a') x 8, 'a,b', 'c,b,a');
my @subs = map {
    my $n = $_;
    $t->websocket("/events?topic=$topics[$n % 10]", nowait => 1,
                  $n % 2 ? (protocol => 'rt.json') : (),
                  $n % 3 ? () : (deflate => 1));
} 1 .. 1000;

ok($t->pump(\@subs, sub { !grep { !$_->{header} } @subs }, 15),
   'a thousand are subscribed');

my $workers = $t->status->{streams}{news}{workers};
is((grep { $_->{subscribers}{websocket} } @$workers), 2, 'on both workers');

my $p = $t->publisher;
my %sent;

for my $n (1 .. 100) {
    for my $topic ('a', $n % 5 ? () : ('b', 'c')) {
        my $data = $topic . $n . ($n % 10 ? '' : ' word' x 500);
        $p->publish($topic, $data);

        push @{$sent{a}}, $data if $topic eq 'a';
        push @{$sent{'a,b'}}, $data if $topic ne 'c';
        push @{$sent{'c,b,a'}}, $data;
    }
}

my %expected = map { $_ => join ' ', @{$sent{$_}} } keys %sent;

ok($t->pump(\@subs, sub {
    !grep {
        my $n = @{$sent{($_->{uri} =~ /=(.*)/)[0]}};
        $_->messages < ($_->{protocol} ? $n + 1 : $n);
    } @subs;
}, 20), 'all messages came');

my $bad = 0;

for my $sub (@subs) {
    my @got = map { $_->{data} } $sub->messages;
    @got = map { /"data":"(.*)"\}$/ } @got if $sub->{protocol};
    $bad++ if "@got" ne $expected{($sub->{uri} =~ /=(.*)/)[0]};
}

is($bad, 0, 'each got each message once, in order');
is($t->status->{streams}{news}{counters}{delivered}, 800 * 100
   + 100 * 120 + 100 * 140, 'as many were counted');

$_->close for @subs;
$t->drop('news', qw(a b c));

$t->finish;
