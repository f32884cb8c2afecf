#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client may break while it joins a topic with an id, which delivers its mail,
# and while others come that do the same behind their handshake: nobody is used
# after he is gone.

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
        history  100 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /ws {
            rt_subscribe  news $arg_topic dynamic=b;
        }

        location = /publish {
            client_body_buffer_size  64k;
            rt_publish               news $arg_topic;
        }
    }
}

CONF

my $id = $t->publish('b', 'old')->{id};
my $join = Test::RT::WebSocket->frame(1, qq({"subscribe":["b"],"after":"$id"}));

my $handshake = "GET /ws?topic=a HTTP/1.1\r\nHost: localhost\r\n"
    . "Upgrade: websocket\r\nConnection: Upgrade\r\n"
    . "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    . "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: rt.json\r\n\r\n";

my ($worker) = $t->worker_pids;

for my $round (1 .. 5) {
    my $publisher = $t->connect;
    print $publisher "POST /publish?topic=a HTTP/1.1\r\nHost: localhost\r\n";
    $publisher->flush;

    my $broken = $t->websocket('/ws?topic=a', protocol => 'rt.json');
    my $good = $t->websocket('/ws?topic=a', protocol => 'rt.json');
    $_->json for $broken, $good;

    my @new = map { $t->connect } 1 .. 3;
    syswrite $_, substr $handshake, 0, 20 for @new;

    # all of this is to be there in one round of the event loop

    sleep 0.05;
    kill 'STOP', $worker;

    print $publisher "Content-Length: 2\r\n\r\nhi";
    $publisher->flush;
    syswrite $_, substr($handshake, 20) . $join for @new;
    $broken->send_raw($join);
    close delete $broken->{socket};
    $broken->{closed} = 1;

    sleep 0.05;
    kill 'CONT', $worker;

    is($good->event->{data}, 'hi', 'another subscriber got the message');

    $good->close;
    close $_ for @new, $publisher;
}

is(join(' ', $t->worker_pids), $worker, 'the worker is the same');

$t->drop('news', 'a', 'b');
$t->finish;
