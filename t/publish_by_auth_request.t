#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# An auth_request to rt_publish lets the client in and publishes an empty
# message, as nginx has not read the body by then.

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

        location = /page {
            auth_request  /seen;
            proxy_pass    http://127.0.0.1:%%PORT_1%%/;
        }

        location = /seen {
            internal;
            rt_publish  news visits event=$request_method;
        }

        location = /denied {
            auth_request  /wrong;
            proxy_pass    http://127.0.0.1:%%PORT_1%%/;
        }

        location = /wrong {
            internal;
            rt_publish  news "";
        }
    }

    server {
        listen  127.0.0.1:%%PORT_1%%;

        location / {
            return  200 "the page";
        }
    }
}

CONF

my $sub = $t->subscribe('/events?topic=visits');

for (qw(GET POST)) {
    my $r = $t->http($_, '/page', $_ eq 'POST' ? (body => 'posted') : ());

    is($r->{status}, 200, "$_ is let in");
    is($r->{body}, 'the page', 'the client has the page');

    my $e = $sub->event;
    is($e->{data}, '', 'subscriber got an empty message');
    is($e->{event}, $_, 'with what the directive says');
}

is($t->http('GET', '/denied')->{status}, 500,
   'what cannot be published does not let anybody in');

$t->finish;
