#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A message that is passed to a location is a POST with the message as its body,
# and variables tell whose it is.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;
use Test::RT::Backend;

my $t = Test::RT->new;
my $backend = Test::RT::Backend->new($t, sub { (200, 'ok') });

$t->conf(<<'CONF' =~ s/%%BACKEND%%/$backend->port/ger)->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     1m;
        history  100 1h;
    }

    proxy_set_header  X-Stream     $rt_stream;
    proxy_set_header  X-Topic      "$rt_topic.";
    proxy_set_header  X-Transport  $rt_transport;
    proxy_set_header  X-Identity   "$rt_identity.";
    proxy_set_header  X-Address    $remote_addr;
    proxy_set_header  X-Server     $server_addr:$server_port;
    proxy_set_header  X-Forwarded  $proxy_add_x_forwarded_for;
    proxy_set_header  X-Uri        $uri?$args;

    server {
        listen  127.0.0.1:%%PORT%%;

        set_real_ip_from  127.0.0.0/8;

        location = /ws {
            rt_subscribe  news $arg_topic;
            rt_receive    pass /backend;
            rt_identity   $arg_user;
        }

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_receive    pass /backend?a=1&b=%20x;
            rt_identity   $http_x_user-$arg_user;
            rt_detach     off;
        }

        location = /none {
            rt_subscribe  news $arg_topic;
            rt_receive    pass /backend;
        }

        location = /backend {
            internal;
            proxy_pass  http://127.0.0.1:%%BACKEND%%;
        }
    }
}

CONF

sub last_request {
    return ($backend->requests)[-1];
}

sub passed {
    my ($ws, $opcode, $data) = @_;

    $ws->send_frame($opcode, $data);
    is(($ws->data(1))[0], 'ok', 'the answer came');

    return last_request();
}

my $ws = $t->websocket('/ws?topic=a&user=joe');

my $r = passed($ws, 1, 'hello');
is($r->{method}, 'POST', 'it is a POST');
is($r->{uri}, '/backend', 'to the location');
is($r->{body}, 'hello', 'with the message as its body');

my $h = $r->{headers};
is($h->{'content-type'}, 'text/plain; charset=utf-8', 'text is text');
is($h->{'content-length'}, 5, 'of this length');
is($h->{'x-stream'}, 'news', '$rt_stream');
is($h->{'x-topic'}, 'a.', '$rt_topic');
is($h->{'x-transport'}, 'websocket', '$rt_transport');
is($h->{'x-identity'}, 'joe.', '$rt_identity');
is($h->{'x-address'}, '127.0.0.1', '$remote_addr');
is($h->{'x-server'}, '127.0.0.1:' . $t->port, '$server_addr:$server_port');
is($h->{'x-forwarded'}, '127.0.0.1', '$proxy_add_x_forwarded_for');
is($h->{'x-uri'}, '/backend?', '$uri and $args');
is($h->{upgrade}, undef, 'headers of the handshake are not passed');

for (['bytes' => 2, "\xff\0\xfe"], ['no bytes' => 2, ''],
     ['many bytes' => 2, "\xfe" x 60000], ['much text' => 1, 'x' x 60000])
{
    my ($name, $opcode, $data) = @$_;

    $r = passed($ws, $opcode, $data);
    ok($r->{body} eq $data, "$name: the body");
    is($r->{headers}{'content-type'}, $opcode == 2 ? 'application/octet-stream'
                                    : 'text/plain; charset=utf-8', 'its type');
    is($r->{headers}{'content-length'}, length $data, 'its length');
}

# rt.json: objects, and whatever else text may be

my $json = $t->websocket('/ws?topic=a&user=ann', protocol => 'rt.json');
$json->json;

for my $text ('{"data": 1.50, "data": 2}', '{"subscribe":["b"]}', 'no JSON') {
    $json->send_text($text);
    is(($json->data(1))[0], 'ok', "$text: passed");
    $r = last_request();
    is($r->{body}, $text, 'as it was');
    is($r->{headers}{'content-type'}, 'application/json', 'as JSON');
    is($r->{headers}{'x-identity'}, 'ann.', 'with who it is');
}

# several topics are a list, and an identity may be missing

$r = passed($t->websocket('/ws?topic=a,b'), 1, 'x');
is($r->{headers}{'x-topic'}, 'a,b.', '$rt_topic is a list of several topics');
is($r->{headers}{'x-identity'}, '.', 'no $rt_identity if there is none');

$r = passed($t->websocket('/none?topic=a&user=joe'), 1, 'x');
is($r->{headers}{'x-identity'}, '.', 'nor if it is not asked for');

# with the request still there; arguments

$r = passed($t->websocket('/attached?topic=a&user=joe',
                          headers => { 'X-User' => 'x' }), 1, 'x');
is($r->{headers}{'x-identity'}, 'x-joe.', 'the identity is any value');
is($r->{uri}, '/backend?a=1&b=%20x', 'the location may have arguments');
is($r->{headers}{'x-uri'}, '/backend?a=1&b=%20x', 'which $args tells');

# the limit of an identity

my $long = 'x' x 256;
$r = passed($t->websocket("/ws?topic=a&user=$long"), 1, 'x');
is($r->{headers}{'x-identity'}, "$long.", 'an identity may have 256 bytes');
$ws = $t->websocket("/ws?topic=a&user=x$long");
is($ws->status, 400, 'but not 257');

# the address that a proxy in front tells

$ws = $t->websocket('/ws?topic=a',
                    headers => { 'X-Real-IP' => '192.0.2.7' });
$r = passed($ws, 1, 'x');
is($r->{headers}{'x-address'}, '192.0.2.7', 'realip: $remote_addr');
is($r->{headers}{'x-forwarded'}, '192.0.2.7', 'realip: X-Forwarded-For');

$r = passed($ws, 1, 'x') for 1 .. 3;
is($r->{headers}{'x-address'}, '192.0.2.7', 'it stays');

is($t->status->{streams}{news}{counters}{rejected}, 0, 'nothing was rejected');

$t->finish;
