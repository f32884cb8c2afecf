#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# "rt.json" is chosen wherever it stands; if others only are offered none is,
# and messages are their data; what is no list of names is refused.

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

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $NAME = 'Sec-WebSocket-Protocol';

sub try {
    my ($value) = @_;

    return $t->websocket('/events?topic=a', headers => { $NAME => $value });
}

my @json = (
    ['alone', 'rt.json'], ['first', 'rt.json, chat'], ['last', 'chat, rt.json'],
    ['in the middle', 'mqtt,rt.json,chat'],
    ['in the second field', ['chat', 'rt.json']],
    ['in the first field', ['rt.json', 'chat, mqtt']],
    ['with odd spaces', " \tchat ,\trt.json\t"],
    ['among empty elements', ',, rt.json ,'],
    ['beside its other case', 'RT.JSON, rt.json'],
    ['the last of 64', join ', ', (map { "p$_" } 1 .. 63), 'rt.json'],
);

my @raw = (
    ['none', undef], ['another', 'chat'], ['others', ['chat', 'mqtt, v12.stomp']],
    ['another case', 'RT.json'], ['a longer name', 'rt.json2'],
    ['a shorter name', 'rt.jso'], ['odd names', '!#$%&\'*+-.^_`|~, 0'],
);

my @subs;

for (@json) {
    my ($name, $value) = @$_;
    my $ws = try($value);

    is($ws->status, 101, "$name: accepted");
    is($ws->headers->{lc $NAME}, 'rt.json', "$name: rt.json is chosen");
    is(() = $ws->{header} =~ /$NAME/gi, 1, "$name: said once");
    ok($ws->json->{position}, "$name: spoken");
    push @subs, $ws;
}

for (@raw) {
    my ($name, $value) = @$_;
    my $ws = try($value);

    is($ws->status, 101, "$name: accepted");
    ok(!exists $ws->headers->{lc $NAME}, "$name: none is chosen");
    push @subs, $ws;
}

my @wrong = (
    ['an empty list', ''], ['a list of nothing', ','],
    ['a space within', 'rt json'], ['a slash', 'rt/json'],
    ['quotes', '"rt.json"'], ['a parameter', 'rt.json;v=1'],
    ['more than ASCII', "rt.json, caf\xc3\xa9"],
    ['a duplicate', 'rt.json, rt.json'], ['another duplicate', 'a, b, a'],
    ['a duplicate in another field', ['rt.json', 'chat, rt.json']],
    ['65 names', join ',', map { "p$_" } 1 .. 65],
);

for (@wrong) {
    my ($name, $value) = @$_;
    my $ws = try($value);

    is($ws->status, 400, "$name: refused");
    like($ws->error, qr/Sec-WebSocket-Protocol/, "$name: the answer says it");
    $ws->close;
}

my $id = $t->publish('a', 'one')->{id};

for (splice @subs, 0, scalar @json) {
    my $m = $_->json;
    is("$m->{id} $m->{topic} $m->{data}", "$id a one", 'rt.json: an envelope');
    $_->close;
}

for (@subs) {
    is(join(' ', $_->data(1)), 'one', 'raw: the data');
    ok(!$_->messages, 'raw: and nothing else');
    $_->close;
}

$t->drop('news', 'a');

$t->finish;
