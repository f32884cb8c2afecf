#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# An entry that is no message is skipped and counted, and the log says so once,
# not for each.

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
        history  1000 1h;
        message_size  1k;
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

$t->wait_redis;

my $r = $t->redis;
my $key = 'rt:{news}';
my $sub = $t->subscribe('/events?topic=a');

sub skipped { $t->status->{streams}{news}{counters}{skipped} }

is(skipped(), 0, 'nothing was skipped');

my @bad = (
    ['without a topic', d => 'x'],
    ['without data', t => 'a'],
    ['with neither', x => 'y'],
    ['with an empty topic', t => '', d => 'x'],
    ['with a comma in the topic', t => 'a,b', d => 'x'],
    ['with a percent sign in the topic', t => 'a%62', d => 'x'],
    ['with a control character in the topic', t => "a\n", d => 'x'],
    ['with a topic that is not UTF-8', t => "a\xff", d => 'x'],
    ['with a topic of 10,000 bytes', t => 'a' x 10000, d => 'x'],
    ['with a line end in the event', t => 'a', d => 'x', e => "a\nid: 7"],
    ['with an event that is not UTF-8', t => 'a', d => 'x', e => "\xff"],
    ['with an event that is reserved', t => 'a', d => 'x', e => 'rt.gap'],
    ['larger than message_size', t => 'a', d => 'x' x 1025],
    ['much larger than message_size', t => 'a', d => 'x' x 3_000_000],
    ['with names that are long', 't' x 1000 => 'a', 'd' x 1000 => 'x'],
    ['with many fields', map { ("f$_" => 'x') } 1 .. 2000],
);

my $n = 0;

for (@bad) {
    my ($name, @fields) = @$_;

    $r->cli('XADD', $key, '*', @fields);
    my $id = $r->add($key, 'a', "after $name");

    my $e = $sub->event;
    is($e->{data}, "after $name", "$name: the next one is delivered");
    is($e->{id}, $id, 'with its id');
    is(skipped(), ++$n, 'it is counted');
}

$r->add($key, 'a', 'y' x 1024);
is($sub->event->{data}, 'y' x 1024, 'message_size itself is not too large');
is(skipped(), $n, 'all the bad ones were counted');

sub lines { scalar grep { /\[warn\].*redis.*skip/ } split /\n/, $t->read('error.log') }

my $lines = lines();
cmp_ok($lines, '>=', 1, 'the log says so');

ok(!(grep { $_->{event} eq 'rt.gap' } $sub->events), 'nobody was told of a gap');

# others are none of our business

$r->pipeline(map { ['XADD', $key, '*', x => $_] } 1 .. 1500);
$r->add($key, 'a', 'end');
is($sub->event->{data}, 'end', 'many bad ones are passed');
is(skipped(), $n + 1500, 'and counted');
is(lines(), $lines, 'without another line in the log so soon');

$sub->close;
$t->drop('news', 'a');

$t->finish;
