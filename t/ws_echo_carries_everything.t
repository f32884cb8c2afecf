#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# An echo, as conformance suites want it: whatever a client sends comes back as
# it was, text or bytes, of any size, in any fragments, compressed or not, with
# control frames in between.

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

    rt_stream echo {
        zone          256m;
        history       4 1s;
        message_size  17m;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /echo {
            rt_subscribe  echo $connection.$msec;
            rt_receive    publish;
            rt_buffer     64m;
        }
    }
}

CONF

my @modes = ([], [deflate => 1],
             [deflate => 'permessage-deflate; server_max_window_bits=9']);

# text of several bytes a character, so that fragments cut them
my $text = join '', map { "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 $_" } 1 .. 100;
my $bytes = join '', map { chr(($_ * 7919 >> 3) & 255) } 1 .. 4096;

sub text {
    my ($n) = @_;
    my $s = substr $text x ($n / length($text) + 1), 0, $n;

    # no half of a character

    $s =~ s/[\xc0-\xff][\x80-\xbf]*\z//;
    return $s . 'x' x ($n - length $s);
}

sub bytes {
    my ($n) = @_;
    return substr("\xff" . $bytes x ($n / length($bytes) + 1), 0, $n);
}

# the frames of a message in fragments of a size
sub fragments {
    my ($ws, $opcode, $data, $size, %opt) = @_;

    my $rsv = 0;

    if ($opt{deflated}) {
        $data = $ws->deflate($data);
        $rsv = 4;
    }

    my $out = '';
    my $n = length $data;

    for (my $at = 0; $at == 0 || $at < $n; $at += $size) {
        $out .= $ws->frame($at ? 0 : $opcode, substr($data, $at, $size),
                           fin => $at + $size >= $n, rsv => $at ? 0 : $rsv);
        $out .= $opt{between} if $opt{between} && $at + $size < $n;
    }

    return $out;
}

# writes all while it reads
sub converse {
    my ($ws, $out, $want) = @_;

    my @got;
    my $end = time + 10 * $Test::RT::PATIENCE;
    $ws->socket->blocking(0);
    local $SIG{PIPE} = 'IGNORE';

    while (@got < $want && time < $end && $ws->socket) {
        if (length $out) {
            my $n = syswrite $ws->socket, $out, 1 << 20;
            substr $out, 0, $n, '' if $n;
        }

        $ws->pump(length $out ? 0.0005 : 0.05);
        push @got, splice @{$ws->{messages}};
    }

    return @got;
}

sub echoes {
    my ($name, $ws, $out, @want) = @_;

    my @got = converse($ws, $out, scalar @want);
    my $bad;

    for my $i (0 .. $#want) {
        my ($opcode, $data) = @{$want[$i]};
        next if $got[$i] && $got[$i]{opcode} == $opcode
                && $got[$i]{data} eq $data;
        $bad = "message $i of " . length($data) . ' bytes: '
            . ($got[$i] ? "opcode $got[$i]{opcode}, "
               . length($got[$i]{data}) . ' bytes' : 'none, close '
               . ($ws->{close_code} // ''));
        last;
    }

    is($bad, undef, $name);
}

for my $mode (@modes) {
    my $ws = $t->websocket('/echo', @$mode);
    my $deflated = @$mode ? 1 : 0;
    my $name = $deflated ? $mode->[1] eq '1' ? 'deflate' : 'deflate, 9 bits'
                         : 'plain';

    # sizes; a message of bytes begins with one that no text has

    my @sizes = (0 .. 2, 124 .. 128, 1000, 1023 .. 1025, 4096, 65534 .. 65537,
                 1 << 17, 1_000_000);

    for my $kind (1, 2) {
        my @want = map { [$_ ? $kind : 1, $kind == 1 ? text($_) : bytes($_)] }
                       @sizes;

        echoes("$name: opcode $kind, all sizes", $ws,
               join('', map { fragments($ws, $kind, $_->[1],
                                        length $_->[1] || 1,
                                        deflated => $deflated) } @want),
               @want);
    }

    echoes("$name: messages that are not compressed", $ws,
           join('', map { $ws->frame(1, text($_)) } @sizes),
           map { [1, text($_)] } @sizes) if $deflated;

    # each size in fragments of each size

    my $step = $ENV{RT_SANITIZE} ? 29 : 7;

    for my $kind (1, 2) {
        my (@want, $out);

        for (my $n = 1; $n <= 300; $n += $n < 20 ? 1 : $step) {
            my $data = $kind == 1 ? text($n) : bytes($n);

            for (my $size = 1; $size <= $n; $size += $size < 20 ? 1 : $step) {
                $out .= fragments($ws, $kind, $data, $size,
                                  deflated => $deflated);
                push @want, [$kind, $data];
            }
        }

        echoes("$name: opcode $kind, " . @want . ' small messages in fragments',
               $ws, $out, @want);
    }

    # pings between all fragments

    my $data = text(300);
    my $ping = $ws->frame(9, 'between');
    my $pongs = @{$ws->{pongs}};
    echoes("$name: pings between fragments", $ws,
           fragments($ws, 1, $data, 10, deflated => $deflated,
                     between => $ping) . $ws->frame(10, 'unasked'),
           [1, $data]);
    cmp_ok(scalar @{$ws->{pongs}} - $pongs, '>', 0, '... are answered');
    is((grep { $_ ne 'between' } @{$ws->{pongs}}), 0, '... with their data');

    # large ones in some

    my $large = $ENV{RT_SANITIZE} ? 100_000 : 1_000_000;

    for my $size (1000, 65536, $large / 2 + 1) {
        $data = bytes($large);
        echoes("$name: $large bytes in fragments of $size", $ws,
               fragments($ws, 2, $data, $size, deflated => $deflated),
               [2, $data]);
    }

    # an empty first, middle and last fragment

    echoes("$name: empty fragments", $ws,
           $ws->frame(1, '', fin => 0) . $ws->frame(0, '', fin => 0)
           . $ws->frame(0, 'x', fin => 0) . $ws->frame(0, ''), [1, 'x']);

    $ws->send_close(1000, 'bye');
    is($ws->wait_close_code, 1000, "$name: closed");
    is($ws->close_reason, '', '... as it was asked for');
}

# the largest

for my $mode (@modes[0, 1]) {
    my $ws = $t->websocket('/echo', @$mode);
    my $max = $ENV{RT_SANITIZE} ? 4 << 20 : 16 << 20;
    my $name = @$mode ? 'deflate' : 'plain';

    my $data = 'abcdefgh' x ($max / 8);
    echoes("$name: text of $max bytes", $ws,
           fragments($ws, 1, $data, $max, deflated => !!@$mode), [1, $data]);

    $data = bytes($max);
    echoes("$name: $max bytes", $ws,
           fragments($ws, 2, $data, 1 << 20), [2, $data]);
}

$t->finish;
