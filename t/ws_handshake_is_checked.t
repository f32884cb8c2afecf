#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Each rule of RFC 6455, 4.2.1 for a handshake has its status, and what is
# wrong is said as JSON; fields that are lists may be written in any way that
# a list can be.

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

my $KEY = 'Sec-WebSocket-Key';
my $VERSION = 'Sec-WebSocket-Version';
my $good = 'dGhlIHNhbXBsZSBub25jZQ==';

sub try {
    my (%opt) = @_;

    return $t->websocket('/events?topic=a', %opt);
}

my @wrong = (
    [400, qr/1\.1/, 'HTTP/1.0', version => '1.0'],
    [400, qr/Upgrade/, 'no "Upgrade"', headers => { Upgrade => undef }],
    [400, qr/Upgrade/, 'another "Upgrade"', headers => { Upgrade => 'h2c' }],
    [400, qr/Upgrade/, 'a version of websocket',
     headers => { Upgrade => 'websocket/1' }],
    [400, qr/Upgrade/, 'half a name', headers => { Upgrade => 'websock' }],
    [400, qr/Upgrade/, 'a longer name', headers => { Upgrade => 'websockets' }],
    [400, qr/Connection/, 'no "Connection"',
     headers => { Connection => undef }],
    [400, qr/Connection/, 'another "Connection"',
     headers => { Connection => 'keep-alive' }],
    [400, qr/Connection/, 'a longer "Connection"',
     headers => { Connection => 'upgrades' }],
    [400, qr/Key/, 'no key', headers => { $KEY => undef }],
    [400, qr/Key/, 'an empty key', headers => { $KEY => '' }],
    [400, qr/Key/, 'a key of 15 bytes',
     headers => { $KEY => 'MTIzNDU2Nzg5MDEyMzQ1' }],
    [400, qr/Key/, 'a key of 17 bytes',
     headers => { $KEY => 'MTIzNDU2Nzg5MDEyMzQ1Njc=' }],
    [400, qr/Key/, 'a key without its padding',
     headers => { $KEY => 'dGhlIHNhbXBsZSBub25jZQ' }],
    [400, qr/Key/, 'a key that is not base64',
     headers => { $KEY => 'dGhlIHNhb-BsZSBub25jZQ==' }],
    [400, qr/Key/, 'two keys', headers => { $KEY => [$good, $good] }],
    [400, qr/Key/, 'two keys in one field',
     headers => { $KEY => "$good, $good" }],
    [426, qr/version/, 'no version', headers => { $VERSION => undef }],
    (map { [426, qr/version/, "version \"$_\"", headers => { $VERSION => $_ }] }
         8, 14, '013', 130, '13, 8', '8, 13', ''),
    [400, qr/repeated/, 'two versions', headers => { $VERSION => [13, 13] }],
    [400, qr/body/, 'a body', headers => { 'Content-Length' => 3 },
     after => 'abc'],
    [400, qr/body/, 'a chunked body',
     headers => { 'Transfer-Encoding' => 'chunked' },
     after => "3\r\nabc\r\n0\r\n\r\n"],
    [400, qr/topic/, 'no topic', uri => '/events'],
);

for (@wrong) {
    my ($status, $reason, $name, %opt) = @$_;

    my $ws = $t->websocket($opt{uri} // '/events?topic=a', %opt);

    is($ws->status, $status, "$name: $status");
    like($ws->error, $reason, "$name: the answer says it");
    is($ws->headers->{'sec-websocket-version'}, $status == 426 ? 13 : undef,
       "$name: " . ($status == 426 ? 'and which version there is'
                                   : 'it is not about the version'));
    $ws->close;
}

for my $method (qw(POST PUT DELETE OPTIONS)) {
    my $ws = try(method => $method);

    is($ws->status, 405, "$method is not allowed");
    is($ws->headers->{allow}, 'GET', "$method: GET is");
    ok($ws->error, "$method: the answer says it");
    $ws->close;
}

my $ws = try(method => 'HEAD');
is($ws->status, 405, 'HEAD is not allowed');
is($ws->headers->{allow}, 'GET', 'HEAD: GET is');

my @right = (
    ['any case', headers => { Upgrade => 'WebSocket', Connection => 'UPGRADE' }],
    ['"Connection" is a list', headers => { Connection => 'keep-alive, Upgrade' }],
    ['a list with odd spaces and empty elements',
     headers => { Connection => " ,keep-alive\t,\tupgrade , ",
                  Upgrade => ", websocket\t," }],
    ['several fields', headers => { Connection => ['keep-alive', 'Upgrade'],
                                    Upgrade => ['h2c', 'websocket'] }],
    ['"Upgrade" is a list', headers => { Upgrade => 'websocket/1, websocket' }],
    ['a body of nothing', headers => { 'Content-Length' => 0 }],
    ['another key', headers => { $KEY => '+/+/+/+/+/+/+/+/+/+/+w==' }],
);

for (@right) {
    my ($name, %opt) = @$_;
    my $ws = try(%opt);

    is($ws->status, 101, "$name: accepted");
    $ws->close;
}

$ws = try();
my $h = $ws->headers;

like($ws->{header}, qr{^HTTP/1\.1 101 Switching Protocols\r\n},
     'answer has its status line');
is(lc $h->{connection}, 'upgrade', '"Connection" is upgrade');
is(lc $h->{upgrade}, 'websocket', '"Upgrade" is websocket');
is($h->{'sec-websocket-accept'}, 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
   'accept is that of RFC 6455, 1.3');

for my $name (qw(Content-Length Transfer-Encoding Content-Type Last-Modified
                 ETag Accept-Ranges Sec-WebSocket-Protocol
                 Sec-WebSocket-Extensions Sec-WebSocket-Version))
{
    ok(!exists $h->{lc $name}, "there is no \"$name\"");
}

my $names = () = $ws->{header} =~ /^(?:connection|upgrade):/gmi;
is($names, 2, 'nothing is there twice');

is($t->status->{streams}{news}{counters}{violations}, 0,
   'what is no WebSocket cannot break its rules');

$t->finish;
