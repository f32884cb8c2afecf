#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client that stops reading costs no more than its buffer, however much is
# published, and slows down nobody.

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
        history  20 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport sndbuf=16k;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
            client_body_buffer_size  128k;
        }
    }
}

CONF

my $stalled = $t->subscribe('/events?topic=a', rcvbuf => 4096);
my $reader = $t->client('/events?topic=a');
$t->pump([$reader], sub { $reader->primed });

my $data = 'x' x 60000;
my $n = 0;

sub publish {
    my ($p, $count) = @_;

    for (1 .. $count) {
        $p->publish('a', ++$n . " $data");
        $t->pump([$reader], sub { $reader->got >= $n });
    }
}

sub memory {
    my $sum = 0;
    $sum += $t->rss($_) for $t->worker_pids;
    return ($sum, $t->status->{streams}{news}{zone}{used});
}

my $p = $t->publisher;
publish($p, 50);
my ($rss, $used) = memory();

publish($p, 400);
my ($rss2, $used2) = memory();

my @numbers = map { $_->{data} =~ /^(\d+)/ } $reader->got;
is("@numbers", join(' ', 1 .. 450), 'the other subscriber got everything');

ok($t->status->{streams}{news}{counters}{slow}, 'client was slow');
cmp_ok($used2 - $used, '<', 300000, 'zone did not grow');

SKIP: {
    skip 'memory is not given back under a sanitizer', 1 if $ENV{RT_SANITIZE};
    cmp_ok($rss2 - $rss, '<', 4 << 20, 'workers did not grow');
}

$_->close for $stalled, $reader;
$t->drop('news', 'a');

$t->finish;
