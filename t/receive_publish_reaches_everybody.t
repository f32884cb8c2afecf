#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A message of a client without a subprotocol is published to its topic, as it
# is: its bytes reach all subscribers, itself among them.

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
        history       100 1h;
        message_size  64k;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /chat {
            rt_subscribe  news $arg_topic;
            rt_receive    publish;
        }

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_receive    publish;
            rt_detach     off;
        }
    }
}

CONF

my $sse = $t->subscribe('/chat?topic=a');
my @ws = map { $t->websocket("/chat?topic=a") } 1 .. 3;
push @ws, $t->websocket('/chat?topic=a', deflate => 1),
          $t->websocket('/attached?topic=a');
my $json = $t->websocket('/chat?topic=a', protocol => 'rt.json');
my $other = $t->websocket('/chat?topic=b');

my %messages = (
    'a word' => [1, 'hello'],
    'nothing' => [1, ''],
    'JSON' => [1, '{"a": [1, 2]}'],
    'UTF-8' => [1, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"],
    'zeros' => [1, "a\0b"],
    'bytes' => [2, "\xff\0\xfe"],
    'all there is room for' => [1, 'x' x 65536],
    'many bytes' => [2, "\xff" x 65536],
);

is($json->json->{position} =~ /^\d+-\d+$/, 1, 'a position comes first');

for my $name (sort keys %messages) {
    my ($opcode, $data) = @{$messages{$name}};

    for my $sender (@ws[0, 3, 4]) {
        $sender->send_frame($opcode, $data);

        for my $i (0 .. $#ws) {
            my $m = $ws[$i]->message;
            ok($m && $m->{opcode} == $opcode && $m->{data} eq $data,
               "$name: subscriber $i got it");
        }

        my $m = $json->json;
        is($m->{topic}, 'a', "$name: one with rt.json got it");
        is($m->{encoding}, $opcode == 2 ? 'base64' : undef, 'in its encoding');

        next if $opcode == 2 || $data eq '' || $data =~ /\0/;
        is($sse->event->{data}, $data, "$name: the EventSource got it");
        is($sse->last_id, $m->{id}, 'with the same id');
    }
}

# text that is taken for binary is text to all

$ws[0]->send_binary('plain');
my $m = $ws[1]->message;
is("$m->{opcode} $m->{data}", '1 plain', 'what is UTF-8 is sent as text');
$_->message for @ws[0, 2 .. 4];

# many at once, in their order

$ws[0]->send_raw(join '', map { $ws[0]->frame(1, $_) } 1 .. 300);
is(join(',', $ws[0]->data(300)), join(',', 1 .. 300),
   'many messages at once: the sender got all of them');
is(join(',', $ws[1]->data(300)), join(',', 1 .. 300), 'and so did another');

ok($other->silent(0.1), 'a subscriber of another topic got nothing');

my $c = $t->status->{streams}{news}{counters};
is($c->{received}, 24 + 1 + 300, 'messages received');
is($c->{published}, $c->{received}, 'all were published');
is($c->{rejected}, 0, 'none was rejected');

$t->drop('news', 'a');
$t->finish;
