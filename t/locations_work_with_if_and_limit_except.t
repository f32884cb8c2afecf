#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# An "if" that only sets something, or "limit_except", leaves a location what
# it is.

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
            if ($arg_debug) {
                add_header  X-Debug yes;
            }

            rt_subscribe  news $arg_topic;
            rt_retry      3s;
        }

        location = /either {
            if ($request_method = POST) {
                rt_publish  news $arg_topic;
            }

            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            limit_except GET {
                allow  127.0.0.1;
                deny   all;
            }

            rt_publish  news $arg_topic event=$arg_event;
        }

        location = /debug {
            if ($arg_debug) {
                add_header  X-Debug yes;
            }

            rt_publish  news $arg_topic;
        }

        location = /read {
            limit_except GET {
                deny  all;
            }

            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $sub = $t->subscribe('/events?topic=a&debug=1');

is($sub->status, 200, 'a location with an "if" that is true subscribes');
is($sub->headers->{'x-debug'}, 'yes', '"if" added its header field');
is($sub->{retry}, 3000, 'rt_retry holds in the "if"');

my $either = $t->subscribe('/either?topic=a');
is($either->status, 200, 'a location with an "if" that is false subscribes');

is($t->http('POST', '/either?topic=a', body => 1)->{status}, 200,
   'rt_publish works inside "if"');

my $r = $t->http('POST', '/publish?topic=a&event=x', body => 2);
is($r->{status}, 200, 'rt_publish works under limit_except');

$r = $t->http('POST', '/debug?topic=a&debug=1', body => 3);
is($r->{status}, 200, 'rt_publish works with an "if" that is true');
is($r->{headers}{'x-debug'}, 'yes', '"if" added its header field');

is(join(' ', $sub->data(3)), '1 2 3', 'subscriber got all messages');

is($t->http('GET', '/read?topic=a')->{status}, 200,
   'limit_except lets GET through');
is($t->http('POST', '/read?topic=a', body => 4)->{status}, 403,
   'limit_except denies the rest');

$t->finish;
