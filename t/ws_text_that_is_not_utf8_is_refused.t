#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Text that is not UTF-8 closes with 1007 at its first wrong byte, before the
# message ends; a character may be cut by frames; binary messages may be
# anything.

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

my @wrong = (
    ['a continuation byte', "\x80"], ['0xff', "\xff"],
    ['an overlong slash', "\xc0\xaf"], ['an overlong NUL', "\xe0\x80\x80"],
    ['the lowest surrogate', "\xed\xa0\x80"],
    ['a pair of surrogates', "\xed\xa0\x80\xed\xb0\x80"],
    ['beyond U+10FFFF', "\xf4\x90\x80\x80"], ['five bytes', "\xf8\x88\x80\x80"],
    ['a character cut short by another', "\xe2\x82a"],
    ['two heads', "\xc3\xc3\xa9"],
);

for (@wrong) {
    my ($name, $text) = @$_;

    try($name, 1007, $ws->frame(1, "abc${text}def"),
        $name eq 'a pair of surrogates');

    # in a message that does not end, in a frame that does not, in the next one

    my $open = $ws->frame(1, "abc$text", fin => 0);
    try("$name, the message goes on", 1007, $open);

    my $head = $ws->frame(1, "abc$text" . 'x' x 500);
    try("$name, the frame goes on", 1007, substr $head, 0, 8 + 3 + length $text);

    my ($one, $two) = $text =~ /^(.)(.*)$/s;
    try("$name, in two frames", 1007, $ws->frame(1, "abc$one", fin => 0)
        . $ws->frame(0, $two . 'x', fin => 0));
}

for (['two bytes', "\xc3"], ['three', "\xe2\x82"], ['four', "\xf0\x9f\x98"]) {
    my ($name, $half) = @$_;

    try("half a character of $name", 1007, $ws->frame(1, "abc$half"));
    try("half of one of $name, in fragments", 1007,
        $ws->frame(1, "abc$half", fin => 0) . $ws->frame(0, ''));
}

try('a reason that is not UTF-8', 1007,
    $ws->frame(8, pack('n', 1000) . "\xff"));
try('half a character as reason', 1007,
    $ws->frame(8, pack('n', 1000) . "abc\xe2\x82"));

is($t->status->{streams}{news}{counters}{violations}, $v->count,
   'each was counted');

# the same bytes in a binary message, and good ones that are cut

for my $uri ('/events', '/attached') {
    my $c = $t->websocket($uri);

    for (@wrong) {
        my ($name, $data) = @$_;
        $c->send_binary($data);
        my $m = $c->message;
        is("$m->{opcode} $m->{data}", "2 $data", "$uri: $name may be binary");
    }

    my $text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbf\xf4\x8f\xbf\xbf";

    for my $at (0 .. length $text) {
        $c->send_raw($c->frame(1, substr($text, 0, $at), fin => 0)
                     . $c->frame(9, "\xff")
                     . $c->frame(0, substr $text, $at));
        my $m = $c->message;
        is("$m->{opcode} $m->{data}", "1 $text",
           "$uri: text may be cut at $at, with a ping between");
    }

    $c->send_singly(join '', map { $c->frame($_ ? 0 : 1,
        substr($text, $_, 1), fin => $_ == length($text) - 1) }
        0 .. length($text) - 1);
    is(($c->data(1))[0], $text, "$uri: and into single bytes");
    $c->close;
}

$t->finish;
