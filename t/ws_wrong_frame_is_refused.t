#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A frame that breaks a rule of RFC 6455, 5.2 to 5.5, closes with 1002,
# however its bytes come, and is counted.

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

my $mask = "\x12\x34\x56\x78";

# the header up to the mask, in hex, then the mask; "data" is not masked

sub head { pack('H*', $_[0]) . $mask . ($_[1] // '') }

my @wrong = (
    ['a frame without a mask', $ws->frame(1, 'abc', mask => ''), 1],
    ['an empty frame without a mask', $ws->frame(1, '', mask => '')],
    ['a ping without a mask', $ws->frame(9, 'abc', mask => '')],
    ['a close frame without a mask',
     $ws->frame(8, pack('n', 1000), mask => '')],
    ['RSV1 without an extension', $ws->frame(1, 'abc', rsv => 4)],
    ['RSV1 in a binary frame', $ws->frame(2, 'abc', rsv => 4)],
    ['RSV2', $ws->frame(1, 'abc', rsv => 2)],
    ['RSV3', $ws->frame(1, 'abc', rsv => 1)],
    ['all of RSV', $ws->frame(1, 'abc', rsv => 7)],
    (map { ["RSV $_ in a ping", $ws->frame(9, 'abc', rsv => $_)] } 1, 2, 4),
    ['RSV1 in a close frame', $ws->frame(8, pack('n', 1000), rsv => 4)],
    ['RSV1 in a continuation', $ws->frame(1, 'a', fin => 0)
                               . $ws->frame(0, 'b', rsv => 4)],
    (map { ["opcode $_", $ws->frame($_, 'abc')] } 3 .. 7, 11 .. 15),
    ['a reserved opcode within a message',
     $ws->frame(1, 'abc', fin => 0) . $ws->frame(3, '')],
    ['16 bits for the length 0', head('82fe0000'), 1],
    ['16 bits for the length 125', head('82fe007d', 'x' x 125)],
    ['64 bits for the length 0', head('82ff' . '00' x 8)],
    ['64 bits for the length 126', head('82ff000000000000007e', 'x' x 126)],
    ['64 bits for the length 65535', head('82ff000000000000ffff'), 1],
    ['the highest bit of a length', head('82ff8000000000000001'), 1],
    ['all bits of a length', head('82ff' . 'ff' x 8)],
    ['a ping of 126 bytes', $ws->frame(9, 'x' x 126)],
    ['a pong of 126 bytes', $ws->frame(10, 'x' x 126)],
    ['a close frame of 126 bytes', $ws->frame(8, pack('n', 1000) . 'x' x 124)],
    ['a ping of 64k', $ws->frame(9, 'x' x 65536)],
    ['a ping with a long length', head('89fe0001', 'x')],
    (map { ["opcode $_ in fragments", $ws->frame($_, '', fin => 0)
                                      . $ws->frame(0, '')] } 8, 9, 10),
    ['a continuation of nothing', $ws->frame(0, 'abc')],
    ['an unfinished continuation of nothing', $ws->frame(0, 'a', fin => 0)],
    ['a continuation of what has ended', $ws->frame(9, 'x')
                                         . $ws->frame(0, 'abc')],
    ['a message within a text', $ws->frame(1, 'abc', fin => 0)
                                . $ws->frame(1, 'def'), 1],
    ['a message within a binary one', $ws->frame(2, 'abc', fin => 0)
                                      . $ws->frame(2, 'def', fin => 0)],
    ['a message within one, behind a ping',
     $ws->frame(1, 'abc', fin => 0) . $ws->frame(9, 'x')
     . $ws->frame(2, 'def')],
    ['a close frame of one byte', $ws->frame(8, "\x03"), 1],
    (map { ["close code $_", $ws->frame(8, pack('n', $_) . 'why')] }
         0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000,
         65535),
);

for (@wrong) {
    my ($name, $bytes, $every) = @$_;
    try($name, 1002, $bytes, $every);
}

is($t->status->{streams}{news}{counters}{violations}, $v->count,
   'each was counted');
my $logged = () = $t->read('error.log') =~ /closing websocket with 1002/g;
is($logged, $v->count, 'and logged');

$t->finish;
