#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Messages of "rt_deflate" bytes and more are deflated, each for itself, in
# whatever window was agreed on; others, and what does not shrink, are sent as
# they are.

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
        zone          8m;
        history       100 1h;
        message_size  128k;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        client_body_buffer_size  128k;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /off {
            rt_subscribe  news $arg_topic;
            rt_deflate    off;
        }

        location = /small {
            rt_subscribe  news $arg_topic;
            rt_deflate    100;
        }

        location = /large {
            rt_subscribe  news $arg_topic;
            rt_deflate    5000;
        }

        location = /publish {
            rt_publish  news $arg_topic;
            client_max_body_size  8m;
        }
    }
}

CONF

my $text = join ' ', map { "word" . ($_ * 7919 % 1000) } 1 .. 3000;

sub check {
    my ($name, $ws, $data, $deflated) = @_;

    my $m = $ws->message;
    ok($m && $m->{data} eq $data, "$name: the data");
    is($m->{deflated} ? 1 : 0, $deflated,
       "$name: " . ($deflated ? 'deflated' : 'plain'));
    cmp_ok($m->{deflated}, '<', length $data, "$name: and shorter")
        if $deflated;
}

my $plain = $t->websocket('/events?topic=a');
my %ws = (
    15 => $t->websocket('/events?topic=a', deflate => 1),
    map { $_ => $t->websocket('/events?topic=a',
          deflate => "permessage-deflate; server_max_window_bits=$_") }
        9 .. 14,
);

for my $bits (sort { $a <=> $b } keys %ws) {
    like($ws{$bits}->headers->{'sec-websocket-extensions'},
         $bits == 15 ? qr/takeover$/ : qr/server_max_window_bits=$bits$/,
         "window of $bits was agreed on");
}

my @messages = (
    ['1023 bytes', 'x' x 1023, 0], ['1024 bytes', 'x' x 1024, 1],
    ['nothing', '', 0], ['one byte', 'x', 0], ['text', $text, 1],
    ['the same text', $text, 1],
    ['binary', "\xff\x00" x 2000, 1],
    ['far matches', join('', map { chr(33 + $_ * $_ % 94) } 1 .. 300) x 100, 1],
    ['64k', 'y' x 65536, 1],
);

for (@messages) {
    my ($name, $data, $deflated) = @$_;
    $t->publish('a', $data);

    check($name, $plain, $data, 0);
    check("$name, window $_", $ws{$_}, $data, $deflated)
        for sort { $a <=> $b } keys %ws;
}

# what does not shrink is not deflated

srand 1;
my $noise = join '', map { chr rand 256 } 1 .. 8000;
$t->publish('a', $noise);
check('noise', $ws{15}, $noise, 0);
check('noise, window 9', $ws{9}, $noise, 0);

# several in one turn of a worker are still several

$_->data(1) for $plain, @ws{10 .. 14};
my @many = map { "$_ $text" } 1 .. 20;
$t->publisher->batch(map { ['a', $_] } @many);
my @got = $ws{15}->data(20);
is_deeply(\@got, \@many, 'messages of one batch come in order');
@got = $ws{9}->data(20);
is_deeply(\@got, \@many, 'in a small window, too');
$_->close for $plain, values %ws;

# locations of one topic differ, and so may subprotocols

my @subs = (
    [0, $t->websocket('/off?topic=a', deflate => 1)],
    [100, $t->websocket('/small?topic=a', deflate => 1)],
    [1024, $t->websocket('/events?topic=a', deflate => 1)],
    [5000, $t->websocket('/large?topic=a', deflate => 1)],
);
my $json = $t->websocket('/small?topic=a', deflate => 1,
                         protocol => 'rt.json');
is($json->message->{deflated}, 0, 'a position is not deflated');

for my $size (99, 100, 1023, 1024, 4999, 5000) {
    my $id = $t->publish('a', 'z' x $size)->{id};

    for (@subs) {
        my ($from, $ws) = @$_;
        check("$size bytes, from $from", $ws, 'z' x $size,
              $from && $size >= $from ? 1 : 0);
    }

    my $m = $json->message;
    is($m->{data}, qq({"id":"$id","topic":"a","data":") . 'z' x $size . '"}',
       "$size bytes, rt.json: the envelope");
    ok($m->{deflated}, "$size bytes, rt.json: is deflated as a whole");
}

# what is resumed is deflated as well

my $id = $t->publish('a', 'first')->{id};
$t->publish('a', 'w' x 3000);
my $back = $t->websocket("/small?topic=a&last_event_id=$id", deflate => 1);
check('resumed', $back, 'w' x 3000, 1);

$t->drop('news', 'a');

$t->finish;
