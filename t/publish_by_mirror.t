#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A mirror publishes what passes through a location, which knows nothing of it.

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

        location = /submit {
            mirror                   /mirror;
            proxy_pass               http://127.0.0.1:%%PORT_1%%/;
            client_body_buffer_size  16k;
        }

        location = /mirror {
            internal;
            rt_publish  news $arg_topic;
        }
    }

    server {
        listen  127.0.0.1:%%PORT_1%%;
        return  200 "from the backend";
    }
}

CONF

my $sub = $t->subscribe('/events?topic=a');

for (qw(POST PUT)) {
    my $r = $t->http($_, '/submit?topic=a', body => "by $_");

    is($r->{body}, 'from the backend', 'the client has the backend\'s answer');
    is(($sub->data(1))[0], "by $_", "subscriber got the body of $_");
}

my $large = join ' ', 1 .. 8000;
is($t->http('POST', '/submit?topic=a', body => $large)->{status}, 200,
   'a body in a file passes');
ok(($sub->data(1))[0] eq $large, 'subscriber got all of it');

my $r = http_parse($t->raw("POST /submit?topic=a HTTP/1.1\r\n"
    . "Host: localhost\r\nConnection: close\r\n"
    . "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"));
is($r->{status}, 200, 'a chunked body passes');
is(($sub->data(1))[0], 'hello', 'subscriber got it');

is($t->http('POST', '/submit?topic=', body => 'x')->{body},
   'from the backend', 'what is refused does not hurt the client');
is($t->http('GET', '/submit?topic=a')->{body}, 'from the backend',
   'nor does a request without a body');

# keepalive: a background subrequest must not hold the connection

my $request = "POST /submit?topic=a HTTP/1.1\r\nHost: localhost\r\n"
    . "Content-Length: 1\r\n";
my $raw = $t->raw("$request\r\n1" . "$request\r\n2"
                  . "${request}Connection: close\r\n\r\n3");
is(() = $raw =~ /from the backend/g, 3, 'three pipelined posts are answered');
is(join(' ', $sub->data(3)), '1 2 3', 'subscriber got them');

$t->finish;
