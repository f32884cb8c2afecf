#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A script is a backend: it sees the message and whose it is, and answers, now
# or later.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $nginx = $ENV{RT_NGINX} || 'nginx';
my ($modules) = `$nginx -V 2>&1` =~ /--modules-path=(\S+)/;
my $njs = ($modules // '') . '/ngx_http_js_module.so';

plan skip_all => 'no njs module for this nginx' if !-f $njs;

my $t = Test::RT->new->conf(<<'CONF' =~ s/%%NJS%%/$njs/r);

%%GLOBALS%%

load_module  %%NJS%%;

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     1m;
        history  100 1h;
    }

    js_import  script from %%DIR%%/script.js;

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /ws {
            rt_subscribe  news $arg_topic;
            rt_receive    pass /script;
            rt_identity   $arg_user;
        }

        location = /script {
            internal;
            js_content  script.answer;
        }

        location = /fetched {
            return  200 "fetched";
        }
    }
}

CONF

$t->write('script.js', <<'JS');

function answer(r) {
    let text = r.requestText;

    switch (text) {

    case 'nothing':
        r.return(204);
        break;

    case 'throw':
        throw new Error('thrown');

    case 'later':
        setTimeout(() => r.return(200, 'came later'), 200);
        break;

    case 'error':
        r.return(422, 'no');
        break;

    case 'pieces':
        r.status = 200;
        r.sendHeader();
        r.send('one ');
        r.send('two');
        r.finish();
        break;

    case 'fetch': {
        let v = r.variables;
        ngx.fetch(`http://${v.server_addr}:${v.server_port}/fetched`)
            .then((reply) => reply.text())
            .then((text) => r.return(200, text));
        break;
    }

    default: {
        let v = r.variables;
        r.return(200, [r.method, r.remoteAddress, v.rt_stream, v.rt_topic,
                       v.rt_transport, v.rt_identity,
                       r.headersIn['Content-Type'], text].join('|'));
    }
    }
}

export default { answer };
JS

my ($status, $out) = $t->test_conf;
plan skip_all => "njs does not load: $out"
    if $status && $out =~ /ngx_http_js_module/;

$t->run;

my $ws = $t->websocket('/ws?topic=a&user=joe');

my @cases = (
    hello => 'POST|127.0.0.1|news|a|websocket|joe|text/plain; charset=utf-8'
             . '|hello',
    pieces => 'one two',
    later => 'came later',
    fetch => 'fetched',
    throw => '{"error":500}',
    error => '{"error":422}',
);

while (my ($text, $want) = splice @cases, 0, 2) {
    $ws->send_text($text);
    is(($ws->data(1))[0], $want, "$text: answered");
}

$ws->send_text($_) for 'nothing', 'later', 'hello';
is(join(' ', map { substr $_, 0, 4 } $ws->data(2)), 'came POST',
   'answers come in order');

# the client is gone before the answer

for (1 .. 20) {
    my $gone = $t->websocket('/ws?topic=a');
    $gone->send_text('later');
    $gone->send_text('hello');
    $gone->close;
}

ok($t->wait_subscribers('news', 1), 'clients left with calls under way');

$ws->send_text('later');
is(($ws->data(1))[0], 'came later', 'the script goes on');

$t->finish;
