#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# WebSockets that stop reading cost no more than their buffer, however much is
# published, and slow down nobody; those that take nothing for "send_timeout"
# are closed.

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
        send_timeout  2s;
        client_body_buffer_size  128k;


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

my @stalled = map { $t->websocket("$_?topic=a", rcvbuf => 4096,
                                  protocol => 'rt.json') }
              '/events', '/attached';
my $reader = $t->websocket('/events?topic=a');

my $data = 'x' x 60000;
my $n = 0;
my $bad = 0;

sub publish {
    my ($p, $count) = @_;

    for (1 .. $count) {
        $p->publish('a', ++$n . " $data");
        my ($got) = $reader->data(1);
        $bad++ if ($got // '') ne "$n $data";
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

publish($p, 300);
my ($rss2, $used2) = memory();

is($bad, 0, 'the other subscriber got everything');
ok($t->status->{streams}{news}{counters}{slow}, 'clients were slow');
cmp_ok($used2 - $used, '<', 300000, 'zone did not grow');

SKIP: {
    skip 'memory is not given back under a sanitizer', 1 if $ENV{RT_SANITIZE};
    cmp_ok($rss2 - $rss, '<', 4 << 20, 'workers did not grow');
}

ok($t->pump([$reader], sub {
    $t->status->{streams}{news}{subscribers}{websocket} == 1;
}, 8), 'stalled clients were closed');

my $timeouts = () = $t->read('error.log') =~ /client timed out/g;
is($timeouts, 2, 'log says why');

$t->publish('a', 'end');
is(join(' ', $reader->data(1)), 'end', 'the other stays');

$t->drop('news', 'a');

$t->finish;
