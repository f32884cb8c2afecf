#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client that joined a topic with an id and is too slow for it is told of the
# gap, and gets no message of its other topics again.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep time);

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new(workers => 1)->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     16m;
        history  30 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% sndbuf=16k;

        location = /ws {
            rt_subscribe  news $arg_topic dynamic=b;
            rt_buffer     64k;
            rt_slow       skip;
        }

        location = /publish {
            client_body_buffer_size  64k;
            rt_publish               news $arg_topic;
        }
    }
}

CONF

my $ws = $t->websocket('/ws?topic=a', protocol => 'rt.json', rcvbuf => 4096);
my $first = $t->publish('z', 'first')->{id};
my $p = $t->publisher;

$p->publish('b', "b$_ " . 'x' x 20000) for 1 .. 30;
$p->publish('a', "a$_ ") for 1 .. 3;

is(join('', map { $ws->event->{data} } 1 .. 3), 'a1 a2 a3 ', 'messages of a');

$ws->send_json({ subscribe => ['b'], after => $first, ref => 1 });

ok(wait_for(sub { $t->status->{streams}{news}{counters}{received} == 1 }),
   'the command was read');

$p->publish('b', "b$_ " . 'x' x 20000) for 31 .. 60;

my ($gaps, @again, $last) = (0);

while (my $m = $ws->json) {
    $gaps++ if exists $m->{gap};
    next if !exists $m->{topic};

    push @again, $m->{data} if $m->{topic} eq 'a';
    ($last) = $m->{data} =~ /^(\S+)/;
    last if $last eq 'b60';
}

is($last, 'b60', 'the newest message of b came');
cmp_ok($gaps, '>=', 1, 'a gap was told');
is_deeply(\@again, [], 'and nothing of a again');

$ws->close;
$t->drop('news', 'a', 'b', 'z');
$t->finish;
