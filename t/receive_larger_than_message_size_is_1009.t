#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A message that is larger than "message_size" ends the connection with 1009,
# whatever comes of it before.

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
        zone          1m;
        history       10 1h;
        message_size  32k;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /chat {
            rt_subscribe  news $arg_topic;
            rt_receive    publish;
        }
    }
}

CONF

my $ws = $t->websocket('/chat?topic=a');

$ws->send_text('x' x 32768);
is(length(($ws->data(1))[0] // ''), 32768, 'a message of the limit passes');

$ws->send_text('x' x 32769);
is($ws->wait_close_code, 1009, 'one that is larger by a byte is 1009');

$ws = $t->websocket('/chat?topic=a');
$ws->send_frame(2, 'x' x 32768, fin => 0);
$ws->send_frame(0, 'x');
is($ws->wait_close_code, 1009, 'so is one in two frames');

$ws = $t->websocket('/chat?topic=a', deflate => 1);
$ws->send_frame(1, $ws->deflate('x' x 32769), rsv => 4);
is($ws->wait_close_code, 1009, 'and a compressed one');

$ws = $t->websocket('/chat?topic=a', deflate => 1);
$ws->send_frame(1, $ws->deflate('x' x 32768), rsv => 4);
is(length(($ws->data(1))[0] // ''), 32768, 'but not one of the limit');

# the header of a frame is enough to know

for my $n (32769, 65536, 1 << 40) {
    $ws = $t->websocket('/chat?topic=a');
    $ws->send_raw(pack 'CCQ>', 0x82, 0xff, $n) if $n > 65535;
    $ws->send_raw(pack 'CCn', 0x82, 0xfe, $n) if $n <= 65535;
    $ws->send_raw('abcd');
    is($ws->wait_close_code, 1009, "a frame of $n bytes is not waited for");
}

# small ones add up

$ws = $t->websocket('/chat?topic=a');
$ws->send_frame(1, 'x', fin => 0);
$ws->send_raw($ws->frame(0, 'x' x 100, fin => 0) x 327);
$ws->send_ping('still here');
ok($ws->pong, 'fragments up to the limit are taken');
$ws->send_raw($ws->frame(0, 'x' x 68, fin => 0));
is($ws->wait_close_code, 1009, 'and not a byte more');

my $c = $t->status->{streams}{news}{counters};
is($c->{published}, 2, 'nothing but the messages of the limit was published');

$t->drop('news', 'a');
$t->finish;
