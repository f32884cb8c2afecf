#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client that resets a stream while frames of it wait for the connection gets
# them as they were: their memory must not be another message's by then.

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
        history  1000 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;
        listen  127.0.0.1:%%PORT_1%% http2 sndbuf=16k;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
            client_max_body_size  2m;
        }
    }
}

CONF

sub try {
    my $c = Test::RT::H2->new(port => $t->port(1), window => 0x7fffffff,
                              rcvbuf => 4096);

    $c->get(1, '/events?topic=a', accept => 'text/event-stream');
    $c->get(3, '/events?topic=b', accept => 'text/event-stream');
    $c->pump(sub { $c->stream(1)->{data} =~ /\n\n/
                   && $c->stream(3)->{data} =~ /\n\n/ });

    my $p = $t->publisher;
    my $n = $t->status->{streams}{news}{counters}{delivered};
    $p->batch(map { ['a', 'x' x 60000] } 1 .. 4);

    wait_for(sub {
        $t->status->{streams}{news}{counters}{delivered} > $n;
    }) or return 'nothing was delivered';

    $c->reset(1);
    $t->wait_subscribers('news', 1) or return 'subscriber is not gone';

    $p->batch(map { ['b', 'y' x 60000] } 1 .. 4);

    $c->pump(sub { ($c->stream(3)->{data} =~ tr/y//) > 240000 }, 10)
        or return 'other stream has not got its messages';

    my ($text) = $c->stream(1)->{data} =~ /^data: (.*)/m;
    $c->close;

    return $text !~ /^x/ ? 'nothing was sent'
           : $text =~ /[^x]/ ? 'another message was sent' : '';
}

is(try(), '', "stream got its own bytes, time $_") for 1 .. 10;

$t->drop('news', qw(a b));

$t->finish;
