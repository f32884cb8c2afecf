#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A backend that answers X-Accel-Redirect has nginx publish the body that the
# client posted to it.

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
        zone     1m;
        history  100 1s;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location /submit {
            proxy_pass               http://127.0.0.1:%%PORT_1%%;
            client_body_buffer_size  16k;
        }

        location = /publish {
            internal;
            rt_publish  news $arg_topic event=$upstream_http_x_event;
        }
    }

    server {
        listen  127.0.0.1:%%PORT_1%%;

        location / {
            add_header  X-Accel-Redirect /publish?topic=$arg_as;
            add_header  X-Event said;
            return      200 "not for the client";
        }

        location = /submit/no {
            return  403 "no";
        }
    }
}

CONF

my $sub = $t->subscribe('/events?topic=a');

my $r = $t->http('POST', '/submit?as=a', body => 'posted');
is($r->{status}, 200, 'the client has the answer of rt_publish');
is(json($r->{body})->{topic}, 'a', 'with the topic that the backend chose');

my $e = $sub->event;
is($e->{data}, 'posted', 'subscriber got the body that the client sent');
is($e->{event}, 'said', 'with an event type from the backend');
is($e->{id}, json($r->{body})->{id}, 'and the id of the answer');

is($t->http('PUT', '/submit?as=a', body => 'put')->{status}, 200,
   'PUT is published');
is(($sub->data(1))[0], 'put', 'subscriber got it');

my $large = join ' ', 1 .. 8000;
is($t->http('POST', '/submit?as=a', body => $large)->{status}, 200,
   'a body in a file is published');
ok(($sub->data(1))[0] eq $large, 'subscriber got all of it');

$r = http_parse($t->raw("POST /submit?as=a HTTP/1.1\r\nHost: localhost\r\n"
    . "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    . "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"));
is($r->{status}, 200, 'a chunked body is published');
is(($sub->data(1))[0], 'abcdef', 'subscriber got it');

$r = $t->http('POST', '/submit?as=a', body => qq({"data":1}\n{"data":2}\n),
              headers => { 'Content-Type' => 'application/x-ndjson' });
is(json($r->{body})->{published}, 2, 'a batch is published');
is(join(' ', $sub->data(2)), '1 2', 'subscriber got it');

is($t->http('POST', '/submit?as=', body => 'x')->{status}, 400,
   'a wrong topic is the backend\'s 400');
is($t->http('POST', '/submit?as=a', body => 'x' x 65537)->{status}, 413,
   'a body that is too large is 413');

is($t->http('POST', '/submit/no?as=a', body => 'x')->{status}, 403,
   'the backend may say no');

is(json($t->http('GET', '/submit?as=a')->{body})->{topic}, 'a',
   'GET without a body describes the topic');

$t->http('POST', '/submit?as=a', body => 'end');
is(($sub->data(1))[0], 'end', 'nothing else was published');

$t->finish;
