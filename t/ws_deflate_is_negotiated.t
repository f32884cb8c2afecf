#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# permessage-deflate is answered by RFC 7692, 7.1: the first offer that can be
# met, without context takeover, the window only if it was asked for; offers
# with anything wrong in them are declined.

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
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /off {
            rt_subscribe  news $arg_topic;
            rt_deflate    off;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $NAME = 'Sec-WebSocket-Extensions';
my $PMD = 'permessage-deflate';
my $base = "$PMD; server_no_context_takeover; client_no_context_takeover";

sub try {
    my ($uri, $value) = @_;

    return $t->websocket("$uri?topic=a", headers => { $NAME => $value });
}

# an answer is a set of parameters

sub set { join '; ', sort split /\s*;\s*/, $_[0] // 'none' }

my @accepted = (
    ['alone', $PMD, $base],
    ['in another case', 'Permessage-DEFLATE', $base],
    ['of browsers', "$PMD; client_max_window_bits", $base],
    ['with both flags', "$PMD; server_no_context_takeover;"
     . ' client_no_context_takeover', $base],
    ['with spaces', " $PMD\t;client_max_window_bits  = 10 ;"
     . " server_max_window_bits =\t12 ", "$base; server_max_window_bits=12"],
    (map { ["for a window of $_", "$PMD; server_max_window_bits=$_",
            "$base; server_max_window_bits=$_"] } 9 .. 15),
    ['with a quoted value', "$PMD; server_max_window_bits=\"10\"",
     "$base; server_max_window_bits=10"],
    (map { ["of a client's window of $_", "$PMD; client_max_window_bits=$_",
            $base] } 8 .. 15),
    ['behind another extension', "x-webkit-deflate-frame, $PMD", $base],
    ['behind one with parameters', "foo; a=b; c=\"d\"; e, $PMD", $base],
    ['in the second field', ['foo', $PMD], $base],
    ['behind one with a wrong parameter', "$PMD; foo, $PMD", $base],
    ['behind one with a wrong value',
     "$PMD; server_max_window_bits=7, $PMD; server_max_window_bits=11",
     "$base; server_max_window_bits=11"],
    ['behind one that zlib cannot meet',
     "$PMD; server_max_window_bits=8, $PMD", $base],
    ['before another', "$PMD; server_max_window_bits=10, $PMD",
     "$base; server_max_window_bits=10"],
    ['before another, in two fields', [$PMD,
     "$PMD; server_max_window_bits=10"], $base],
    ['among empty elements', ", ,$PMD,", $base],
);

for (@accepted) {
    my ($name, $value, $expected) = @$_;
    my $ws = try('/events', $value);

    is($ws->status, 101, "offer $name: accepted");
    is(set($ws->headers->{lc $NAME}), set($expected), "offer $name: answer");
    is(() = $ws->{header} =~ /$NAME/gi, 1, "offer $name: said once");
    $ws->close;

    $ws = try('/off', $value);
    is($ws->status, 101, "offer $name, off: accepted");
    ok(!exists $ws->headers->{lc $NAME}, "offer $name, off: without");
    $ws->close;
}

my @declined = (
    ['another extension', 'foo'], ['a longer name', "${PMD}s"],
    ['an unknown parameter', "$PMD; foo"],
    (map { ["a server's window of \"$_\"", "$PMD; server_max_window_bits=$_"] }
         0, 7, 8, 16, '09', '010', 'a', '1e1', 99),
    ['a server\'s window without a value', "$PMD; server_max_window_bits"],
    (map { ["a client's window of \"$_\"", "$PMD; client_max_window_bits=$_"] }
         0, 7, 16, '08', 'a'),
    ['a flag with a value', "$PMD; server_no_context_takeover=1"],
    ['the other flag with a value', "$PMD; client_no_context_takeover=true"],
    (map { ["$_ twice", "$PMD; $_; $_"] } 'server_no_context_takeover',
         'client_no_context_takeover', 'client_max_window_bits',
         'server_max_window_bits=10'),
);

for (@declined) {
    my ($name, $value) = @$_;
    my $ws = try('/events', $value);

    is($ws->status, 101, "$name: accepted");
    ok(!exists $ws->headers->{lc $NAME}, "$name: declined");

    $t->publish('a', 'x' x 2000);
    my $m = $ws->message;
    ok($m && !$m->{deflated}, "$name: nothing is deflated");
    $ws->close;
}

my @wrong = (
    ['nothing', ''], ['a list of nothing', ','], ['no name', '; a'],
    ['no parameter', "$PMD;"], ['no value', "$PMD; server_max_window_bits="],
    ['a space in a name', 'per message'], ['an open quote', "$PMD; a=\"b"],
    ['an empty quote', "$PMD; a=\"\""], ['a quote that is no token',
     "$PMD; a=\"b c\""], ['a slash', 'a/b'],
    ['a wrong offer behind a good one', "$PMD, ;"],
);

for (@wrong) {
    my ($name, $value) = @$_;
    my $ws = try('/events', $value);

    is($ws->status, 400, "$name: refused");
    like($ws->error, qr/Extensions/, "$name: the answer says it");
    $ws->close;
}

$t->drop('news', 'a');

$t->finish;
