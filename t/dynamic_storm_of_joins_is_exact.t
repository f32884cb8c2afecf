#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# 200 clients join and leave topics at random while messages are published: from
# the ack of a join to that of a leave each message comes once and in order, and
# none at any other time.  When all is over memory is what it was.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);

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
        history  2000 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /ws {
            rt_subscribe  news $arg_topic dynamic=t;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $clients = $ENV{RT_SANITIZE} ? 60 : 200;
my @topics = map { "t$_" } 0 .. 9;
my $n = 0;

sub memory {
    my $sum = 0;
    $sum += $t->rss($_) for $t->worker_pids;
    return $sum;
}

sub storm {
    my ($time) = @_;

    my $from = $n + 1;
    my $stop = $t->dir . '/stop';
    unlink $stop;

    my $job = $t->background(sub {
        my $p = $t->publisher;
        my $i = $n;

        while (!-e $stop) {
            $i++;
            $p->batch(map { [$_, $i] } @topics);
            sleep 0.04;
        }

        return $i;
    });

    my @ws = map { $t->websocket('/ws', protocol => 'rt.json') } 1 .. $clients;
    my @s = map { {} } @ws;
    my @bad;
    my $commands = 0;
    my $joins = 0;
    my $got = 0;

    my $take = sub {
        my ($i) = @_;
        my $s = $s[$i];

        while (my $m = shift @{$ws[$i]{messages}}) {

            # of a million messages each is parsed quickly

            my $o = $m->{data} =~ /^\{"id":"[^"]+","topic":"(\w+)","data":(\d+)\}$/
                ? { topic => $1, data => $2 } : json($m->{data});

            if (exists $o->{topic}) {
                my $state = $s->{$o->{topic}};
                my $last = $state->{last};

                push @bad, "$i: $o->{topic} $o->{data} though not joined"
                    if !$state->{in};
                push @bad, "$i: $o->{topic} $o->{data} behind $last"
                    if defined $last && $o->{data} != $last + 1;
                $state->{last} = $o->{data};
                $got++;

            } elsif (exists $o->{ack}) {
                my ($verb, @names) = split / /, $o->{ack};

                for (@names) {
                    $s->{$_}{in} = $verb eq 'join';
                    delete $s->{$_}{last} if $verb eq 'leave';
                }

                $joins++ if $verb eq 'join';
                $s->{pending} = 0;

            } elsif (!exists $o->{position}) {
                push @bad, "$i: $m->{data}";
            }
        }
    };

    # one command of each at a time

    my $command = sub {
        my ($i, $verb, @names) = @_;
        $s[$i]{pending} = 1;
        $commands++;
        $ws[$i]->send_json({ ($verb eq 'join' ? 'subscribe' : 'unsubscribe')
                             => \@names, ref => join ' ', $verb, @names });
    };

    my $end = time + $time;

    while (time < $end) {
        for my $i (0 .. $#ws) {
            next if $s[$i]{pending} || rand > 0.3;

            my @some = grep { rand > 0.7 } @topics;
            my ($first) = @some or next;
            my $in = $s[$i]{$first}{in};

            $command->($i, $in ? 'leave' : 'join',
                       grep { !$s[$i]{$_}{in} == !$in } @some);
        }

        my $until = time + 0.05;
        $t->pump(\@ws, sub { $take->($_) for 0 .. $#ws; time > $until }, 1);
    }

    my $settled = sub {
        $t->pump(\@ws, sub {
            $take->($_) for 0 .. $#ws;
            !grep { $_->{pending} } @s;
        }, 10);
    };

    $settled->();

    # all want all, and see the end

    $command->($_, 'join', @topics) for 0 .. $#ws;
    ok($settled->(), 'each command was answered');
    $t->write('stop', '');
    $n = $t->pump(\@ws, $job, 10);
    $take->($_) for 0 .. $#ws;

    $t->publisher->batch(map { [$_, $n + 1] } @topics);
    $n++;

    ok($t->pump(\@ws, sub {
        $take->($_) for 0 .. $#ws;
        !grep { my $s = $_; grep { ($s->{$_}{last} // 0) != $n } @topics } @s;
    }, 10), 'all got the last message of each topic');

    is(join("\n", splice @bad, 0, 10), '', 'each message once and in order');
    cmp_ok($joins, '>', $clients, "there were $joins joins, $got messages");

    $_->close for @ws;
    $t->wait_subscribers('news', 0);
}

storm(1.2);
my $rss = memory();

storm(2);

SKIP: {
    skip 'memory is not given back under a sanitizer', 1 if $ENV{RT_SANITIZE};
    cmp_ok(memory() - $rss, '<', 4 << 20, 'workers did not grow');
}

$t->drop('news', @topics);
$t->finish;
