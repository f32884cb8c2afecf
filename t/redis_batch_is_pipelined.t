#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# The lines of a batch go to Redis without waiting for answers, and the answer
# lists the ids in order.

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
        zone     16m;
        history  20000 1h;
        redis    %%PROXY%% timeout=20s probe=60s;
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

my $sub = $t->subscribe('/events?topic=a,b');

sub batch {
    my (@lines) = @_;

    my $r = $t->http('POST', '/publish', body => join('', @lines), timeout => 20,
        headers => { 'Content-Type' => 'application/x-ndjson' });

    return [$r->{status}, json($r->{body})];
}

my @lines = map { qq({"topic":") . ($_ % 3 ? 'a' : 'b')
                  . qq(","data":"$_","event":"e$_"}\n) } 1 .. 300;

# no answer comes before all lines have reached Redis

$t->proxy->stall_replies;

my $job = $t->background(sub { batch(@lines) });

ok(wait_for(sub { $t->redis->cli('XLEN', 'rt:{news}') == 300 }, 10),
   'all lines are in Redis before one of them is answered')
    or diag($t->redis->cli('XLEN', 'rt:{news}'));
ok(!$job->(), 'the publisher waits');

$t->proxy->pass;

my ($status, $answer) = @{$t->pump([$sub], $job, 10) || []};
my @entries = $t->redis->entries('rt:{news}');

is($status, 200, 'then it is answered');
is($answer->{published}, 300, 'all lines were published');
is(join(' ', @{$answer->{ids}}), join(' ', map { $_->{id} } @entries),
   'ids are in order');
is(join(' ', map { $_->{d} } @entries), join(' ', 1 .. 300),
   'and so are the lines');
is("$entries[2]{t} $entries[2]{e}", 'b e3', 'with topic and event');

my @events = map { $sub->event } 1 .. 300;
is(join(' ', map { $_->{id} } @events), join(' ', @{$answer->{ids}}),
   'subscriber has them in this order');

# a bad line ends it

($status, $answer) = @{batch(@lines[0 .. 9], "nothing\n", @lines[10 .. 19])};
is($status, 400, 'a bad line is refused');
is($answer->{line}, 11, 'with its number');
is($answer->{published}, 10, 'those before it were published');
is(join(' ', @{$answer->{ids}}),
   join(' ', map { $_->{id} } ($t->redis->entries('rt:{news}'))[300 .. 309]),
   'with these ids');
is($t->redis->cli('XLEN', 'rt:{news}'), 310, 'and no other');
$sub->data(10);

($status, $answer) = @{batch()};
is_deeply([$status, $answer], [200, { published => 0, ids => [] }],
          'no line is no message');

# more than goes in one turn

my $n = 10000;
($status, $answer) = @{batch(map { qq({"topic":"a","data":"$_"}\n) } 1 .. $n)};
is($status, 200, 'a large batch is published');
is($answer->{published}, $n, 'all of it');
is(join(' ', @{$answer->{ids}}), join(' ',
   map { $_->{id} } ($t->redis->entries('rt:{news}'))[310 .. 309 + $n]),
   'in order');
is(join(' ', $sub->data($n, 10)), join(' ', 1 .. $n), 'and delivered so');

$sub->close;
$t->drop('news', 'a', 'b');

$t->finish;
