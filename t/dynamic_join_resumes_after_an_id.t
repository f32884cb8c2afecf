#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Who joins a topic "after" an id is given all that came later, in order and
# once, while messages are published and it has mail of other topics.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep);

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
        history  5000 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /ws {
            rt_subscribe  news $arg_topic dynamic=a,b,c;
        }

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my @topics = ('a', 'b', 'c');
my %ids;

# numbers in all topics, in turn, in the background

my $n = 2000;

my $job = $t->background(sub {
    my $p = $t->publisher;

    for my $i (1 .. $n) {
        $p->publish($_, $i) or die 'broken' for @topics;
        sleep 0.001 if $i % 4 == 0;
    }

    return 1;
});

my $sse = $t->client('/events?topic=b');
my @ws = map { $t->websocket('/ws?topic=a', protocol => 'rt.json') } 1 .. 8;

ok($t->pump([$sse], sub { $sse->got > 20 }), 'publishing has begun');
my $early = ($sse->got)[5];

# each joins b after an early id, and c after that at another time, then leaves
# b and comes back to where it was

my @state = map { { got => {}, cmds => 0, last => {} } } @ws;

sub take {
    my ($i) = @_;
    my $s = $state[$i];

    while (my $m = shift @{$ws[$i]{messages}}) {
        my $o = json($m->{data});

        if (exists $o->{topic}) {
            push @{$s->{got}{$o->{topic}}}, $o->{data};
            $s->{last}{$o->{topic}} = $o->{id};

        } elsif (exists $o->{ack}) {
            $s->{acked} = $o->{ack};
            $s->{late}++ if $o->{ack} =~ /^leave/;

        } elsif (exists $o->{gap} || exists $o->{error}) {
            push @{$s->{bad}}, $m->{data};
        }
    }
}

sub until_all {
    my ($code, $timeout) = @_;

    return $t->pump(\@ws, sub {
        take($_) for 0 .. $#ws;
        !grep { !$code->($state[$_]) } 0 .. $#ws;
    }, $timeout // 10);
}

$_->send_json({ subscribe => ['b'], after => $early->{id}, ref => 'b' })
    for @ws;
ok(until_all(sub { ($_[0]{acked} // '') eq 'b' && @{$_[0]{got}{b} || []} > 50 }),
   'all have joined b');

for my $round (1 .. 5) {
    $_->send_json({ unsubscribe => ['b'], ref => "leave $round" }) for @ws;
    ok(until_all(sub { $_[0]{acked} eq "leave $round" }), "round $round: left");

    my @before = map { scalar @{$_->{got}{b}} } @state;
    sleep 0.05;
    until_all(sub { 1 });
    is(join(',', map { scalar @{$_->{got}{b}} } @state), join(',', @before),
       '... nothing of it came');

    $ws[$_]->send_json({ subscribe => ['b'], ref => "join $round",
                         after => $state[$_]{last}{b} }) for 0 .. $#ws;
    ok(until_all(sub { $_[0]{acked} eq "join $round" }), '... came back');
}

# c with all that there is

$_->send_json({ subscribe => ['c'], after => $early->{id}, ref => 'c' })
    for @ws;

ok($t->pump([$sse], $job, 20), 'all is published');
ok(until_all(sub {
    !grep { ($_[0]{got}{$_} || [0])->[-1] != $n } @topics
}), 'the last message of each topic came');

my $from_b = $early->{data} + 1;

for my $i (0 .. $#ws) {
    my $s = $state[$i];
    my $a = $s->{got}{a};
    my $c = $s->{got}{c};

    ok(join(',', @$a) eq join(',', $a->[0] .. $n), "client $i: a, each once");
    ok(join(',', @{$s->{got}{b}}) eq join(',', $from_b .. $n),
       "client $i: b, from the id on, each once");
    ok(join(',', @$c) eq join(',', $c->[0] .. $n)
       && ($c->[0] == $from_b || $c->[0] == $from_b - 1),
       "client $i: c, from the id on, each once");
    is_deeply($s->{bad} || [], [], "client $i: no gap, no error");
}

is($t->status->{streams}{news}{counters}{gaps}, 0, 'there was no gap');

$t->drop('news', @topics);
$t->finish;
