#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# nginx gathers what goes out over TLS in a buffer; no part of a large message
# stays there when a slow client reads on, attached or not.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new->certificate->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone          8m;
        history       100 2s;
        message_size  400k;
    }

    server {
        listen               127.0.0.1:%%PORT_1%% ssl reuseport sndbuf=16k;
        ssl_certificate      cert.pem;
        ssl_certificate_key  key.pem;
        rt_ping              off;

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
        }

        location = /detached {
            rt_subscribe  news $arg_topic;
        }
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /publish {
            rt_publish  news $arg_topic;
            client_body_buffer_size  512k;
        }
    }
}

CONF

for my $uri ('/attached', '/detached') {
    my @subs = map {
        $t->subscribe("$uri?topic=a", port => $t->port(1), ssl => 1,
                      rcvbuf => 4096)
    } 1 .. 3;

    my $data = 'x' x 300_000;
    $t->publish('a', $data);

    # they do not read yet, so the socket is full

    select undef, undef, undef, 0.3;

    ok($t->pump(\@subs, sub { !grep { !$_->events } @subs }, 10),
       "$uri: the end of the message arrived");
    is((grep { ($_->events)[0]{data} ne $data } @subs), 0, 'it is whole');

    $_->close for @subs;
}

$t->finish;
