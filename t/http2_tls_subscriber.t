#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# HTTP/2 over TLS does not hold anything back: the header, the retry time and an
# id are there before any message, messages come, a stream ends and is resumed.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new->certificate->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     16m;
        history  1000 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;
        listen  127.0.0.1:%%PORT_1%% ssl http2;

        ssl_certificate      %%DIR%%/cert.pem;
        ssl_certificate_key  %%DIR%%/key.pem;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }

        location = /short {
            rt_subscribe  news $arg_topic;
            rt_lifetime   500ms;
        }
    }
}

CONF

my @curl = ('-k', '--http2');
my $url = 'https://127.0.0.1:' . $t->port(1);

my $sub = $t->curl(@curl, "$url/events?topic=a,b");
is($sub->status, 200, 'header came before any message');
like($sub->{header}, qr{^HTTP/2 }, 'over HTTP/2');
like($sub->headers->{'content-type'}, qr{^text/event-stream},
     'with its type');
is($sub->{retry}, 2000, 'and the retry time');
like($sub->last_id, qr/^\d+-\d+$/, 'and an id');

my $id = $sub->last_id;
my @ids = map { $t->publish($_ % 2 ? 'a' : 'b', "m$_")->{id} } 1 .. 10;
is(join(' ', $sub->data(10)), join(' ', map { "m$_" } 1 .. 10),
   'messages of both topics come in order');

$t->publish('b', 'x' x 65000);
ok(($sub->data(1))[0] eq 'x' x 65000, 'a large one comes');

my $p = $t->publisher;
$p->publish('a', "n$_") for 1 .. 500;
is(join(' ', $sub->data(500)), join(' ', map { "n$_" } 1 .. 500),
   'many come');

my $back = $t->curl(@curl, '-H', "Last-Event-ID: $ids[7]",
                    "$url/events?topic=a");
is(join(' ', $back->data(2)), 'm9 n1', 'header resumes');

$back = $t->curl(@curl, "$url/events?topic=a,b&last_event_id=$id");
is(join(' ', $back->data(3)), 'm1 m2 m3', 'argument resumes from the start');

my $short = $t->curl(@curl, "$url/short?topic=c");
$t->publish('c', 'one');
is(join(' ', $short->data(1)), 'one', 'message comes');
ok($short->wait_close, 'stream ends with its lifetime');
is($short->{exit}, 0, 'as it should');

$t->publish('c', 'two');
my $again = $t->curl(@curl, '-H', 'Last-Event-ID: ' . $short->last_id,
                     "$url/short?topic=c");
is(join(' ', $again->data(1)), 'two', 'client resumes');

$_->close for $sub, $back, $again;
$t->drop('news', qw(a b c));

$t->finish;
