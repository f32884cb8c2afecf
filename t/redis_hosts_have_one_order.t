#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Two nginx hosts that publish at the same time deliver the same messages with
# the same ids in the same order.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $conf = <<'CONF';

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     16m;
        history  5000 1h;
        redis    %%REDIS%%;
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

my $t = Test::RT->new->conf($conf)->run;
my $u = Test::RT->new(redis => $t->redis)->conf($conf)->run;

$_->wait_redis for $t, $u;

my @subs = map { my $host = $_; map { $host->subscribe('/events?topic=a,b') }
                                1 .. 4 } $t, $u;

my @jobs = map { my ($host, $n) = @$_; $host->background(sub {
    my $p = $host->publisher;
    return [map { $p->publish($_ % 2 ? 'a' : 'b', "$n-$_")->{id} } 1 .. 1000];
}) } [$t, 1], [$t, 2], [$u, 3], [$u, 4];

ok($t->pump(\@subs, sub { !grep { $_->events < 4000 } @subs }, 30),
   'all subscribers have all messages');

my @answered = map { my $job = $_; @{$t->pump(\@subs, $job, 10)} } @jobs;
my @entries = $t->redis->entries('rt:{news}');

is(@entries, 4000, 'each message is one entry');

my $want = join ' ', map { "$_->{id} $_->{d}" } @entries;
my $bad = grep { join(' ', map { "$_->{id} $_->{data}" } $_->events) ne $want }
    @subs;

is($bad, 0, 'all subscribers have them in the order of Redis');
is(join(' ', sort { $t->id_cmp($a, $b) } @answered),
   join(' ', map { $_->{id} } @entries), 'publishers were answered these ids');

my %host = map { $_->{d} =~ /^(\d)/ ? ($_->{id} => $1 > 2) : () } @entries;
my $turns = grep { $host{$entries[$_]{id}} != $host{$entries[$_ - 1]{id}} }
    1 .. $#entries;
cmp_ok($turns, '>', 10, 'both hosts published at the same time');

$_->drop('news', 'a', 'b') for $t, $u;

$u->finish(more => 1);
$t->finish;
