#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A message of "message_size" is taken, one byte more closes with 1009 as soon
# as a header says so, in one frame or in many.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;
use Test::RT::Violation;

my $t = Test::RT->new->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone          4m;
        history       1 1s;
        message_size  4k;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        rt_receive  publish;

        location = /events {
            rt_subscribe  news $connection;
        }

        location = /attached {
            rt_subscribe  news $connection;
            rt_detach     off;
        }
    }
}

CONF

my $ws = 'Test::RT::WebSocket';
my $v = Test::RT::Violation->new($t);

sub try { $v->try(@_) }

my $max = 4096;

try('a frame of one byte more', 1009, $ws->frame(2, 'x' x ($max + 1)));
try('its header alone', 1009, substr $ws->frame(2, 'x' x ($max + 1)), 0, 8);
try('fragments', 1009, $ws->frame(2, 'x' x 4000, fin => 0)
                       . $ws->frame(0, 'y' x 97));
try('fragments that do not end', 1009, $ws->frame(1, 'x' x 4000, fin => 0)
    . substr $ws->frame(0, 'y' x 97), 0, 6);
try('a fragment behind many', 1009, $ws->frame(1, '', fin => 0)
    . join '', map { $ws->frame(0, 'x' x 64, fin => 0) } 1 .. 65);
try('64 bits of length', 1009, pack 'CCQ>N', 0x82, 0xff, 65536, 0);
try('the largest length', 1009,
    "\x82\xff\x7f" . "\xff" x 7 . 'mask');
try('a sum of lengths beyond 64 bits', 1009, $ws->frame(2, 'x', fin => 0)
    . "\x80\xff\x7f" . "\xff" x 7 . 'mask');

my $s = $t->status->{streams}{news};
is($s->{counters}{violations}, $v->count, 'each was counted');
is($s->{counters}{received}, $v->count, 'none but the good ones was received');

for my $uri ('/events', '/attached') {
    my $c = $t->websocket($uri);

    $c->send_binary('x' x $max);
    ok(($c->data(1))[0] eq 'x' x $max, "$uri: the largest is taken");

    for my $n (1, 2, 7, 125, 126, 127, 1000, 4095) {
        my $data = join '', map { chr(65 + $_ % 26) } 1 .. $max;
        my @parts = unpack "(a$n)*", $data;
        my $bytes = join '', map {
            $c->frame($_ ? 0 : 2, $parts[$_], fin => $_ == $#parts)
        } 0 .. $#parts;

        $c->send_raw($bytes);
        ok(($c->data(1))[0] eq $data, "$uri: in fragments of $n bytes");
    }

    # control frames are no part of it

    $c->send_raw(join '', $c->frame(2, 'x' x 2048, fin => 0),
                 (map { $c->frame(9, 'p' x 125) } 1 .. 50),
                 $c->frame(0, 'y' x 2048));
    ok(($c->data(1))[0] eq 'x' x 2048 . 'y' x 2048,
       "$uri: pings between do not count");
    $c->close;
}

$t->finish;
