#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A line of a batch may give bytes that are no text, as base64.

use strict;
use warnings;

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
        zone          1m;
        history       100 1h;
        message_size  1k;
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

sub batch {
    return $t->http('POST', '/publish?topic=a', body => join('', @_),
                    headers => { 'Content-Type' => 'application/x-ndjson' });
}

sub line {
    return '{"data":"' . encode_base64($_[0], '')
        . "\",\"encoding\":\"base64\"}\n";
}

my $ws = $t->websocket('/events?topic=a');

my $all = join '', map { chr } 0 .. 255;
my $r = batch(line($all), "{\"data\":\"AAAA\"}\n", line(''), line('text'),
              line("\xff" x 1024));

is($r->{status}, 200, 'a batch with base64 is published');
is(json($r->{body})->{published}, 5, 'all of it');

my @got = map { $ws->message } 1 .. 5;

is($got[0]{data}, $all, 'each byte is as it was');
is($got[0]{opcode}, 2, 'in a binary frame');
is($got[1]{data}, 'AAAA', 'a string without "encoding" is text');
is($got[2]{data}, '', 'nothing is nothing');
is("$got[3]{opcode} $got[3]{data}", '1 text', 'text is text');
is(length $got[4]{data}, 1024, 'the limit is that of the bytes');

my %bad = (
    'damaged' => '{"data":"*","encoding":"base64"}',
    'half a quantum' => '{"data":"A","encoding":"base64"}',
    'another encoding' => '{"data":"AAAA","encoding":"hex"}',
    'no string' => '{"data":1,"encoding":"base64"}',
    'null' => '{"data":"AAAA","encoding":null}',
);

for my $name (sort keys %bad) {
    $r = batch(line('before'), "$bad{$name}\n", line('after'));
    is($r->{status}, 400, "$name: refused");
    is(json($r->{body})->{published}, 1, 'after the line before')
        or diag($r->{body});
    is(($ws->data(1))[0], 'before', 'which is delivered');
}

$r = batch(line("\xff" x 1025));
is($r->{status}, 413, 'bytes over the limit are too large');

ok($ws->silent(0.1), 'nothing else was published');

$t->drop('news', 'a');
$t->finish;
