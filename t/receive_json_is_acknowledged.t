#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# With rt.json a client publishes to any of its topics, and each message is
# answered by its ref and the id under which it is delivered.

use strict;
use warnings;

use JSON::PP;
use MIME::Base64;
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
        history  1000 1h;
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

my $J = JSON::PP->new->utf8->allow_nonref->canonical;

my $ws = $t->websocket('/chat?topic=a,b', protocol => 'rt.json');
my $sse = $t->subscribe('/chat?topic=a,b');
my $raw = $t->websocket('/chat?topic=a,b');

like($ws->json->{position}, qr/^\d+-\d+$/, 'a position comes first');

# the answer and the message come in any order
sub both {
    my ($ack, $event);

    for (1 .. 2) {
        my $m = $ws->json or last;
        if (exists $m->{topic}) { $event = $m } else { $ack = $m }
    }

    return ($ack || {}, $event || {});
}

# refs

my %refs = (
    'a string' => ['"one"', '"one"'], 'a number' => ['7', '7'],
    'zero' => ['0', '0'], 'less' => ['-1', '-1'],
    'a fraction' => ['1.5', '1.5'], 'an empty string' => ['""', '""'],
    'a long string' => ['"' . 'x' x 5000 . '"', '"' . 'x' x 5000 . '"'],
    'UTF-8' => ["\"\xc3\xa9\"", "\"\xc3\xa9\""],
    'quotes and zeros' => ['"\\"\\u0000"', '"\\"\\u0000"'],
    'null' => ['null', 'null'], 'true' => ['true', 'null'],
    'an object' => ['{"a":1}', 'null'], 'an array' => ['[1]', 'null'],
    'much' => ['9007199254740993', '9007199254740993'],
);

for my $name (sort keys %refs) {
    my ($ref, $want) = @{$refs{$name}};

    $ws->send_text("{\"topic\":\"a\",\"data\":1,\"ref\":$ref}");

    my ($ack, $event) = both();
    is($J->encode($ack->{ack}), $J->encode($J->decode($want)),
       "ref is $name: acknowledged");
    is($ack->{id}, $event->{id}, 'with the id of the message');
    is($sse->event->{id}, $event->{id}, 'which is that of all subscribers');
    is(join(',', sort keys %$ack), 'ack,id', 'and nothing else');
}

$ws->send_text('{"topic":"a","data":1}');
my ($ack, $event) = both();
ok(exists $ack->{ack} && !defined $ack->{ack}, 'no ref: acknowledged as null');
is($sse->event->{id}, $ack->{id}, 'with the id');

$raw->data(1 + keys %refs);

# kinds of data: what it is in JSON, its bytes for all others

my %data = (
    'an object' => ['{"n": [1, 2.50, {}]}', '{"n":[1,2.5,{}]}'],
    'an array' => ['[]', '[]'], 'a string' => ['"hello"', 'hello'],
    'an empty string' => ['""', ''], 'null' => ['null', 'null'],
    'true' => ['true', 'true'], 'a number' => ['-12', '-12'],
    'a fraction' => ['0.1', '0.1'], 'a string that is JSON' => ['"[1]"', '[1]'],
    'escapes' => ['"a\\u0000\\ud83d\\ude00\\n"', "a\0\xf0\x9f\x98\x80\n"],
    'UTF-8' => ["\"\xe2\x82\xac\"", "\xe2\x82\xac"],
    'much' => ['"' . 'x' x 40000 . '"', 'x' x 40000],
);

for my $name (sort keys %data) {
    my ($data, $bytes) = @{$data{$name}};

    $ws->send_text("{\"topic\":\"b\",\"event\":\"e\",\"data\":$data,\"ref\":1}");

    my ($ack, $event) = both();
    is($ack->{id}, $event->{id}, "data is $name: acknowledged");
    is($event->{topic}, 'b', 'delivered to its topic');
    is($event->{event}, 'e', 'with the type of event');

    my $m = $raw->message;
    is($m->{data}, $bytes, 'as its bytes to a client without rt.json');

    my $want = eval { $J->decode($bytes) } // $J->decode($data);
    is($J->encode($event->{data}), $J->encode($want), 'as JSON to the others');
}

# bytes

my %bytes = ('bytes' => "\xff\0\xfe", 'none' => '', 'text' => 'hello',
             'many' => "\x80" x 10000);

for my $name (sort keys %bytes) {
    $ws->send_json({ topic => 'a', encoding => 'base64', ref => 1,
                     data => encode_base64($bytes{$name}, '') });

    my ($ack, $event) = both();
    is($ack->{id}, $event->{id}, "base64 of $name: acknowledged");

    my $m = $raw->message;
    ok($m->{data} eq $bytes{$name}, 'its bytes are delivered');
    is($m->{opcode}, $bytes{$name} =~ /[\x80-\xff]/ ? 2 : 1,
       'in a frame of their kind');
    is($event->{encoding}, $bytes{$name} =~ /[\x80-\xff]/ ? 'base64' : undef,
       'and as base64 only where they must');
}

# with one topic there is nothing to choose

my $one = $t->websocket('/chat?topic=c', protocol => 'rt.json');
$one->json;
$one->send_json({ data => 'x', ref => 1 });
my @got = sort map { $_->{topic} // "ack $_->{ack}" } map { $one->json } 1 .. 2;
is("@got", 'ack 1 c', 'the topic may be left out if there is one');
$one->send_json({ topic => 'c', data => 'x', ref => 2 });
@got = sort map { $_->{topic} // "ack $_->{ack}" } map { $one->json } 1 .. 2;
is("@got", 'ack 2 c', 'or may be told');

# many at once

$ws->send_raw(join '', map {
    $ws->frame(1, "{\"topic\":\"a\",\"data\":$_,\"ref\":$_}") } 1 .. 200);

my (@acks, @events);

while (@acks + @events < 400) {
    my $m = $ws->json or last;
    push @{exists $m->{topic} ? \@events : \@acks}, $m;
}

is(join(',', map { $_->{ack} } @acks), join(',', 1 .. 200),
   'many at once: each is acknowledged, in order');
is(join(',', map { $_->{data} } @events), join(',', 1 .. 200),
   'and delivered in order');
is(join(',', map { $_->{id} } @events), join(',', map { $_->{id} } @acks),
   'with these ids');

$t->drop('news', 'a', 'b', 'c');
$t->finish;
