#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# An "error_page" that leads to rt_publish publishes the body, read or not.

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

        location = /unread {
            error_page  418 = /publish?topic=a;
            return      418;
        }

        location = /named {
            error_page  418 = @publish;
            return      418;
        }

        location = /read {
            error_page              404 = /publish?topic=a;
            proxy_intercept_errors  on;
            proxy_pass              http://127.0.0.1:%%PORT_1%%;
        }

        location = /kept {
            error_page  410 /publish?topic=a;
            return      410;
        }

        location = /publish {
            internal;
            rt_publish  news $arg_topic;
        }

        location @publish {
            rt_publish  news $arg_topic;
        }
    }

    server {
        listen  127.0.0.1:%%PORT_1%%;
        return  404;
    }
}

CONF

my $sub = $t->subscribe('/events?topic=a');

for (qw(/unread /named?topic=a /read)) {
    my $r = $t->http('POST', $_, body => "by $_");

    is($r->{status}, 200, "POST $_ is published");
    is(($sub->data(1))[0], "by $_", 'subscriber got the body');
    is(json($r->{body})->{id}, $sub->last_id, 'the answer has its id');
}

for (qw(/unread /named?topic=a /read)) {
    my $r = http_parse($t->raw("POST $_ HTTP/1.1\r\nHost: localhost\r\n"
        . "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        . "5\r\nhello\r\n0\r\n\r\n"));

    is($r->{status}, 200, "a chunked POST $_ is published");
    is(($sub->data(1))[0], 'hello', 'subscriber got the body');
}

my $large = join ' ', 1 .. 10000;
is($t->http('POST', '/read', body => $large)->{status}, 200,
   'a body in a file is published');
ok(($sub->data(1))[0] eq $large, 'subscriber got all of it');

is($t->http('POST', '/kept', body => 'x')->{status}, 410,
   'without "=" the status is that of the error');
is(($sub->data(1))[0], 'x', 'and the body is published');

$t->finish;
