#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# With "rt.json" a message is an object of id, topic, event and data: data
# that is JSON to the last digit, other text as a string, other bytes in
# base64.

use strict;
use warnings;

use Test::More;
use JSON::PP;
use MIME::Base64;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     8m;
        history  200 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
        }

        location = /publish {
            rt_publish  news $arg_topic event=$arg_event;
        }
    }
}

CONF

my @ways = ('/events', '/attached');
my @subs = map { $t->websocket("$_?topic=a,b", protocol => 'rt.json') } @ways;

for (@subs) {
    my $first = $_->json;
    is_deeply([keys %$first], ['position'], 'the position comes first');
    like($first->{position}, qr/^\d+-\d+$/, 'it is an id');
}

# the text of the next message is the same for all

sub text {
    my @texts = map { my $m = $_->message; $m ? "$m->{opcode} $m->{data}" : '' }
                @subs;
    is($texts[0], $texts[1], 'attached or not');
    return $texts[0];
}

my $id = $t->publish('a', 'hello')->{id};
is(text(), qq(1 {"id":"$id","topic":"a","data":"hello"}),
   'members come in this order');

$id = $t->publish('b', 'hello', event => 'greeting')->{id};
is(text(), qq(1 {"id":"$id","topic":"b","event":"greeting","data":"hello"}),
   'an event type has its member');

my @json = (
    'null', 'true', '0', '-0', '1e300', '0.10', '1.0',
    '123456789012345678901234567890', '3.14159265358979323846264338327950288',
    '"text"', '"\u00e9\u0000\/"', '[]', '{}', '[ 1 ,  2 ]',
    "{\n  \"b\": 1,\n  \"a\": 2\n}", '{"a":1,"a":2}', " {\"a\": [1]}\n",
    '{"__proto__":{"x":"</script>"}}', qq("\xc3\xa9"), '"\ud83d\ude00"',
    '[' x 500 . ']' x 500,
);

for my $data (@json) {
    my $name = length $data > 40 ? substr($data, 0, 40) . '...' : $data;
    $id = $t->publish('a', $data)->{id};
    is(text(), qq(1 {"id":"$id","topic":"a","data":$data}), "JSON: $name");
}

my @strings = (
    '', ' ', 'hello', 'nul', '{"a":', '[1,]', "{'a':1}", '01', 'NaN', '1 2',
    "two\nlines\r\n", "tab\t quote\" backslash\\ slash/", "\0\1\x1f\x7f",
    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xe2\x80\xa8\xe2\x80\xa9",
    "\xef\xbb\xbf{}", '"\ud800"', '{"a":1} x', '{"n":1e400}',
);

for my $data (@strings) {
    $id = $t->publish('a', $data)->{id};

    my ($text) = text() =~ /^1 (.*)/s;
    my $m = JSON::PP->new->utf8->decode($text);
    utf8::encode(my $got = $m->{data});

    is($got, $data, 'text is a string: ' . JSON::PP->new->latin1->ascii
       ->allow_nonref->encode($data));
    ok(!exists $m->{encoding}, 'without an encoding');
}

my @binary = ("\xff", "\xe2\x82", "\xed\xa0\x80", "{\"a\":\"\xe9\"}",
              join('', map { chr } 0 .. 255), "\xfe\xff" x 20000);

for my $data (@binary) {
    $id = $t->publish('a', $data)->{id};
    my ($text) = text() =~ /^1 (.*)/s;

    is($text, qq({"id":"$id","topic":"a","encoding":"base64","data":")
       . MIME::Base64::encode_base64($data, '') . '"}',
       length($data) . ' bytes are base64');
}

# topics and types of any kind

$id = $t->publish('caf%C3%A9', 'x')->{id};
my $odd = $t->websocket("/events?topic=caf%C3%A9&last_event_id=0-0",
                        protocol => 'rt.json');
$odd->json;
like($odd->message->{data}, qr/"topic":"caf\xc3\xa9"/, 'a topic is text');

# as many as one likes, of several topics, in the order of ids

my @ids = map { $t->publish($_ % 2 ? 'a' : 'b', $_)->{id} } 1 .. 50;

for my $sub (@subs) {
    my @got = map { my $m = $sub->json; "$m->{id} $m->{data}" } 1 .. 50;
    is("@got", join(' ', map { "$ids[$_ - 1] $_" } 1 .. 50),
       'messages of two topics come in order');
}

$t->drop('news', qw(a b caf%C3%A9));

$t->finish;
