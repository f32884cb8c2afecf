#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client's deflated messages are taken, whole, cut and in fragments, each
# for itself; damaged ones close with 1007, bombs with 1009, and a bit that
# was not agreed on with 1002.

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

        location = /off {
            rt_subscribe  news $connection;
            rt_deflate    off;
        }

        location = /off/attached {
            rt_subscribe  news $connection;
            rt_deflate    off;
            rt_detach     off;
        }
    }
}

CONF

my $ws = 'Test::RT::WebSocket';
my $text = join ' ', map { "w$_" } 1 .. 800;
my $violations = 0;

for my $uri ('/events', '/attached') {
    my $c = $t->websocket($uri, deflate => 1);

    for (['a word', 'hello'], ['nothing', ''], ['text', $text],
         ['the largest', 'x' x 4096], ['characters', "\xe2\x82\xac" x 1000])
    {
        my ($name, $data) = @$_;

        $c->send_frame(1, $c->deflate($data), rsv => 4);
        my $m = $c->message;
        ok($m && $m->{data} eq $data, "$uri: $name comes back");
        is($m->{opcode}, 1, "$uri: $name is text");

        for my $bits (9 .. 14) {
            $c->send_frame(2, $c->deflate($data, bits => $bits), rsv => 4);
            ok(($c->data(1))[0] eq $data, "$uri: $name, window of $bits");
        }
    }

    $c->send_text('plain');
    is(join(' ', $c->data(1)), 'plain', "$uri: plain ones are still taken");

    # RFC 7692, 7.2.3: its examples

    my %hello = (
        'one block' => "\xf2\x48\xcd\xc9\xc9\x07\x00",
        'no compression' => "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00",
        'a final block' => "\xf3\x48\xcd\xc9\xc9\x07\x00\x00",
        'two blocks' => "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00",
    );

    for my $name (sort keys %hello) {
        $c->send_frame(1, $hello{$name}, rsv => 4);
        is(join(' ', $c->data(1)), 'Hello', "$uri: $name");
    }

    # fragments: only the first has the bit; a ping in between has none

    my $bytes = $c->deflate($text);

    for my $n (1, 2, 3, 10, 100, 1000) {
        my @parts = unpack "(a$n)*", $bytes;
        $c->send_raw(join '', map {
            $c->frame($_ ? 0 : 1, $parts[$_], fin => $_ == $#parts,
                      rsv => $_ ? 0 : 4)
            . ($_ % 50 ? '' : $c->frame(9, ''))
        } 0 .. $#parts);
        is(join('', $c->data(1)), $text, "$uri: in fragments of $n bytes");
    }

    $c->send_raw($c->frame(1, '', fin => 0, rsv => 4)
                 . $c->frame(0, $bytes, fin => 0) . $c->frame(0, ''));
    is(join('', $c->data(1)), $text, "$uri: empty fragments do not matter");

    $c->send_singly($c->frame(1, $c->deflate('Hello'), rsv => 4));
    is(join('', $c->data(1)), 'Hello', "$uri: byte by byte");
    $c->close;

    my $bomb = $ws->deflate('x' x (64 << 20));
    my $good = $ws->deflate($text);

    my @wrong = (
        ['one byte too much', 1009, $ws->deflate('x' x 4097)],
        ['a bomb in a small frame', 1009, $ws->deflate('x' x (2 << 20))],
        ['a block of a reserved type', 1007, "\x07\xff"],
        ['a wrong length', 1007, "\x00\x05\x00\x05\x00Hello"],
        ['a distance too far', 1007, "\x02\x02\x04\x00"],
        ['a part of it', 1007, substr $good, 0, length($good) / 2],
        ['a wrong code', 1007, "\xfd\xff\xff"],
        ['text that is not UTF-8', 1007, $ws->deflate("abc\xff")],
        ['half a character', 1007, $ws->deflate("abc\xe2\x82")],
    );

    for (@wrong) {
        my ($name, $code, $bytes) = @$_;

        for my $cut (0, 1) {
            my $c = $t->websocket($uri, deflate => 1);
            my $half = int(length($bytes) / 2);

            $c->send_raw($cut
                ? $c->frame(1, substr($bytes, 0, $half), fin => 0, rsv => 4)
                  . $c->frame(0, substr $bytes, $half)
                : $c->frame(1, $bytes, rsv => 4));
            is($c->wait_close_code, $code,
               "$uri: $name" . ($cut ? ', in fragments' : ''));
            $violations++;
        }
    }

    # a bomb that is larger than any frame may be is not even read

    my $d = $t->websocket($uri, deflate => 1);
    $d->send_raw($d->frame(1, $bomb, rsv => 4));
    is($d->wait_close_code, 1009, "$uri: 64 MB in " . length $bomb);
    $violations++;

    for (['without an extension', undef, $ws->frame(1, $good, rsv => 4)],
         ['that was declined', 'permessage-deflate; foo',
          $ws->frame(1, $good, rsv => 4)],
         ['on a continuation', 1, $ws->frame(1, $good, fin => 0, rsv => 4)
                                  . $ws->frame(0, $good, rsv => 4)],
         ['on a ping', 1, $ws->frame(9, $ws->deflate('x'), rsv => 4)],
         ['on a close frame', 1, $ws->frame(8, '', rsv => 4)],
         ['with another bit', 1, $ws->frame(1, $good, rsv => 6)])
    {
        my ($name, $offer, $bytes) = @$_;

        my $c = $t->websocket($uri, deflate => $offer);
        $c->send_raw($bytes);
        is($c->wait_close_code, 1002, "$uri: the bit $name");
        $violations++;
    }

    my $off = $t->websocket($uri eq '/events' ? '/off' : '/off/attached',
                            deflate => 1);
    $off->send_frame(1, $good, rsv => 4);
    is($off->wait_close_code, 1002, "$uri: the bit with \"rt_deflate off\"");
    $violations++;
}

is($t->status->{streams}{news}{counters}{violations}, $violations,
   'each was counted');

$t->finish;
