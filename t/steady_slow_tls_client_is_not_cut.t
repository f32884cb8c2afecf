#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# "send_timeout" is about a client that takes nothing, not about one that takes
# a large message slowly, over TLS as well.

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
        history       100 1m;
        message_size  600k;
    }

    server {
        listen               127.0.0.1:%%PORT_1%% ssl reuseport sndbuf=16k;
        ssl_certificate      cert.pem;
        ssl_certificate_key  key.pem;
        send_timeout         1s;

        location = /events {
            rt_subscribe  news $arg_topic;
        }
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /publish {
            rt_publish  news $arg_topic;
            client_body_buffer_size  1m;
        }
    }
}

CONF

my $sub = $t->subscribe('/events?topic=a', port => $t->port(1), ssl => 1,
                        rcvbuf => 4096);

$t->publish('a', 'x' x 500_000);

# some 80 KB a second: longer than the timeout in all, never as long without

my $s = $sub->socket;
my $read = 0;

for (1 .. 400) {
    my $n = sysread $s, my $buf, 8192;
    last if defined $n && $n == 0;
    $read += $n // 0;
    last if $read > 500_000;
    select undef, undef, undef, 0.05;
}

cmp_ok($read, '>', 500_000, 'the whole message arrived');
unlike($t->read('error.log'), qr/client timed out/, 'nobody lost patience');

$sub->close;
$t->drop('news', 'a');

$t->finish;
