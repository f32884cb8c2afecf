#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# nginx has no WebSocket over HTTP/2: who tries is told what to use, and other
# streams go on.

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

        listen  127.0.0.1:%%PORT_1%% http2;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my @curl = ('--http2-prior-knowledge', '-i');
my $url = 'http://127.0.0.1:' . $t->port(1) . '/events?topic=a';

my $sse = $t->curl('--http2-prior-knowledge', $url);
is($sse->status, 200, 'SSE is served');

my $out = `curl -s -i --max-time 5 --http2-prior-knowledge -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' '$url'`;
my ($head, $body) = split /\r\n\r\n/, $out;

like($head, qr{^HTTP/2 400}, 'WebSocket is refused');
like($head, qr{content-type: application/json}i, 'with JSON');
is(json($body)->{error}, 'WebSocket needs HTTP/1.1', 'that says why');

# extended CONNECT, RFC 8441, is nothing that was offered

my $c = Test::RT::H2->new(port => $t->port(1));

$c->get(1, '/events?topic=a', 'sec-websocket-version' => '13',
        origin => 'http://localhost');
ok($c->pump(sub { $c->stream(1)->{ended} }), 'stream ends');
is(json($c->stream(1)->{data})->{error}, 'WebSocket needs HTTP/1.1',
   'with the same answer');

$c->get(3, '/events?topic=a', accept => 'text/event-stream');
ok($c->pump(sub { $c->stream(3)->{data} =~ /\n\n/ }),
   'the connection serves SSE');

$t->publish('a', 'one');
ok($c->pump(sub { $c->stream(3)->{data} =~ /data: one/ }), 'message comes');
is(join(' ', $sse->data(1)), 'one', 'to the other as well');

$_->close for $c, $sse;
$t->drop('news', 'a');

$t->finish;
