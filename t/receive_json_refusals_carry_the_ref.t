#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# What a client of rt.json may not publish is answered with the reason and the
# ref it gave, and the connection stays.

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
        history       100 1h;
        message_size  16k;
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

my $ws = $t->websocket('/chat?topic=a,b', protocol => 'rt.json');
$ws->json;

my $long = 'x' x 300;
my $rejected = 0;

# objects: the answer has the ref

my @objects = (
    ['no topic', '"data":1', qr/"topic" is missing/],
    ['a topic of others', '"topic":"c","data":1', qr/not one of this sub/],
    ['a longer topic', '"topic":"ab","data":1', qr/not one of this sub/],
    ['an empty topic', '"topic":"","data":1', qr/not one of this sub/],
    ['a topic with a zero', '"topic":"a\\u0000","data":1',
     qr/not one of this sub/],
    ['two topics', '"topic":"a,b","data":1', qr/not one of this sub/],
    ['a number for a topic', '"topic":1,"data":1', qr/"topic" is not a str/],
    ['null for a topic', '"topic":null,"data":1', qr/"topic" is not a str/],
    ['no data', '"topic":"a"', qr/"data" is missing/],
    ['a number for an event', '"topic":"a","event":1,"data":1',
     qr/"event" is not a string/],
    ['an event of two lines', '"topic":"a","event":"x\\ny","data":1', qr/./],
    ['an event with a zero', '"topic":"a","event":"x\\u0000","data":1', qr/./],
    ['a long event', "\"topic\":\"a\",\"event\":\"$long\",\"data\":1", qr/./],
    ['a reserved event', '"topic":"a","event":"rt.gap","data":1', qr/./],
    ['an unknown encoding', '"topic":"a","data":"x","encoding":"hex"',
     qr/"encoding" is not "base64"/],
    ['a number for an encoding', '"topic":"a","data":"x","encoding":1',
     qr/"encoding" is not "base64"/],
    ['base64 of an object', '"topic":"a","data":{},"encoding":"base64"',
     qr/"encoding" is not "base64"/],
    ['damaged base64', '"topic":"a","data":"*","encoding":"base64"',
     qr/"data" is not base64/],
    ['base64 without data', '"topic":"a","encoding":"base64"',
     qr/"data" is missing/],
    ['a command where there is none', '"subscribe":["a"]', qr/./],
);

for (@objects) {
    my ($name, $members, $want) = @$_;

    for my $ref ('"r"', '5', undef) {
        $ws->send_text('{' . $members
                       . (defined $ref ? ",\"ref\":$ref" : '') . '}');

        my $m = $ws->json || {};
        like($m->{error} // '', $want, "$name: refused");
        is($m->{ref}, defined $ref ? json($ref) : undef, 'with its ref');
        ok(exists $m->{ref}, 'even if there was none');
        $rejected++;
    }
}

# what is no object has no ref

my $deep = '[' x 5000 . ']' x 5000;

my @others = (
    ['nothing', ''], ['a word', 'hello'], ['a number', '1'],
    ['null', 'null'], ['a string', '"x"'], ['an array', '[{"data":1}]'],
    ['half an object', '{"topic":"a","data":1'],
    ['two objects', '{"topic":"a","data":1}{"topic":"a","data":1}'],
    ['a name that is repeated', '{"topic":"a","data":1,"data":2}'],
    ['a name that is repeated inside', '{"topic":"a","data":{"x":1,"x":2}}'],
    ['a comma too many', '{"topic":"a","data":1,}'],
    ['a zero behind it', "{\"topic\":\"a\",\"data\":1}\0"],
    ['an object too deep', "{\"topic\":\"a\",\"data\":$deep}"],
    ['half a surrogate', '{"topic":"a","data":"\\ud800"}'],
);

for (@others) {
    my ($name, $text) = @$_;

    $ws->send_text($text);
    my $m = $ws->json || {};
    is($m->{error}, 'message is not a JSON object', "$name: refused");
    ok(!exists $m->{ref}, 'without a ref');
    $rejected++;
}

ok($ws->silent(0.1), 'nothing of all that was published');

my $c = $t->status->{streams}{news}{counters};
is($c->{received}, $rejected, 'all were received');
is($c->{rejected}, $rejected, 'and counted as rejected');

$ws->send_json({ topic => 'b', data => 'fine', ref => 1 });
is($ws->event->{data}, 'fine', 'the client may go on');

# the limits of sizes hold for the frame and the data

$ws = $t->websocket('/chat?topic=a', protocol => 'rt.json');
$ws->send_json({ data => 'x' x 16384, ref => 1 });
is($ws->wait_close_code, 1009, 'a message over the limit is closed with 1009');

for (['fragment' => sub { $_[0]->send_frame(2, '{}', fin => 0);
                          $_[0]->send_frame(0, '') }],
     ['frame' => sub { $_[0]->send_binary('{"topic":"a","data":1}') }])
{
    $ws = $t->websocket('/chat?topic=a', protocol => 'rt.json');
    $_->[1]->($ws);
    is($ws->wait_close_code, 1003, "a binary $_->[0] is closed with 1003");
}

$t->drop('news', 'b');
$t->finish;
