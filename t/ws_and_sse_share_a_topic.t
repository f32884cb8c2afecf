#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# SSE, WebSocket, "rt.json", deflated or not: all subscribers of one topic get
# each message, with the same id.

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
        zone     4m;
        history  100 1h;
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

my %subs = map {
    my $name = $_;
    my ($sse, $json, $deflate, $old) = map { $name =~ /$_/ ? 1 : 0 }
                                       'sse', 'json', 'deflate', '1\.0';
    my $uri = ($name =~ /attached/ ? '/attached' : '/events') . '?topic=a,b';

    $name => $sse
        ? $t->subscribe($uri, $old ? (version => '1.0') : ())
        : $t->websocket($uri, $json ? (protocol => 'rt.json') : (),
                        $deflate ? (deflate => 1) : ());
} ('sse', 'sse 1.0', 'sse attached', 'raw', 'raw deflate', 'raw attached',
   'json', 'json deflate', 'json attached deflate',
   (map { ("json $_", "raw deflate $_", "sse $_") } 1 .. 3));

for (grep { /json/ } keys %subs) {
    ok($subs{$_}->json->{position}, "$_: greeted");
}

my $s = $t->status->{streams}{news}{subscribers};
is("$s->{sse} $s->{websocket}", '6 12', 'all are counted');

my %sizes = (one => 3, two => 3000, three => 60000);
my (@data, @ids);

for my $n (1 .. 20) {
    push @data, join ' ', "m$n", ('word') x (($n * 37) % 700);
    push @ids, $t->publish($n % 2 ? 'a' : 'b', $data[-1])->{id};
}

my $deflated = 0;

for my $name (sort keys %subs) {
    my $sub = $subs{$name};
    my (@got, @got_ids);

    for (1 .. 20) {
        my $m = $name =~ /sse/ ? $sub->event : $sub->message;
        $m //= { data => 'none' };
        $deflated++ if $m->{deflated};
        $m = json($m->{data}) if $name =~ /json/;

        push @got, $m->{data};
        push @got_ids, $m->{id} // 'none';
    }

    is_deeply(\@got, \@data, "$name: the data");
    is("@got_ids", "@ids", "$name: the ids") if $name !~ /raw/;
}

cmp_ok($deflated, '>', 50, 'some of it was deflated');
is($t->status->{streams}{news}{counters}{delivered}, 18 * 20,
   'all deliveries are counted');

# one leaves after the other, the rest go on

for my $name (sort keys %subs) {
    delete($subs{$name})->close;
    last if !%subs;

    $t->publish('a', $name);
    my @bad = grep {
        my ($data) = $subs{$_}->data(1);
        $data = json($data)->{data} if /json/;
        ($data // '') ne $name;
    } sort keys %subs;

    is("@bad", '', "without \"$name\" all others get messages");
}

$t->drop('news', qw(a b));

$t->finish;
