#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Without a subprotocol a message is its data and nothing else: a text frame if
# that is UTF-8, a binary one if not.

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
        zone     4m;
        history  100 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $ws = $t->websocket('/events?topic=a');

is($ws->status, 101, 'the handshake is accepted');
ok(!exists $ws->headers->{'content-length'}, 'without a length');
ok(!exists $ws->headers->{'sec-websocket-protocol'}, 'or a subprotocol');
ok(!exists $ws->headers->{'sec-websocket-extensions'}, 'or an extension');

my %text = (
    'a word' => 'hello', 'nothing' => '', 'JSON' => '{"a": [1, 2]}',
    'lines' => "one\r\ntwo\n", 'more than ASCII' => "\xc3\xa9\xe2\x82\xac",
    '125 bytes' => 'x' x 125, '126 bytes' => 'x' x 126,
    '65535 bytes' => 'x' x 65535,
);

for my $name (sort keys %text) {
    $t->publish('a', $text{$name});

    my $m = $ws->message;
    is($m->{opcode}, 1, "$name: a text frame");
    is($m->{data}, $text{$name}, "$name: the data");
}

# a character may be cut where one part of a message ends

my %binary = (
    'a byte' => "\xff", 'half a character' => "\xe2\x82",
    'a surrogate' => "\xed\xa0\x80", 'much' => 'x' x 9000 . "\xc3",
    'zeros' => "\0\xff\0",
);

for my $name (sort keys %binary) {
    $t->publish('a', $binary{$name});

    my $m = $ws->message;
    is($m->{opcode}, 2, "$name: a binary frame");
    is($m->{data}, $binary{$name}, "$name: the data");
}

my $euro = "\xe2\x82\xac" x 5000;
$t->publish('a', $euro);
my $m = $ws->message;
is($m->{opcode}, 1, 'a long text is text, wherever it is cut');
is($m->{data}, $euro, 'and complete');

$t->drop('news', 'a');
$t->finish;
