#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A backend may look at a request first and hand it over by X-Accel-Redirect;
# the client resumes as with a location of its own.

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
        history  1000 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }

        location = /app {
            proxy_pass  http://127.0.0.1:%%PORT_1%%;
        }

        location = /inner {
            internal;
            rt_subscribe  news $arg_topic;
        }
    }

    server {
        listen  127.0.0.1:%%PORT_1%%;

        location / {
            add_header  X-Accel-Redirect /inner?topic=a;
            return      200;
        }
    }
}

CONF

is($t->http('GET', '/inner?topic=a')->{status}, 404, 'location is internal');

my $sub = $t->subscribe('/app');
is($sub->status, 200, 'backend hands the request over');
like($sub->headers->{'content-type'}, qr{^text/event-stream}, 'to us');
ok(wait_for(sub { $t->read('access.log') =~ m{GET /app} }),
   'which leaves the request behind');

my @ids = map { $t->publish('a', "m$_")->{id} } 1 .. 5;
is(join(' ', $sub->data(5)), 'm1 m2 m3 m4 m5', 'messages come');

my $back = $t->subscribe('/app', last_id => $ids[2]);
is(join(' ', $back->data(2)), 'm4 m5', 'header resumes');

$t->publish('a', 'm6');
is(join(' ', $_->data(1)), 'm6', 'next message comes') for $sub, $back;

$_->close for $sub, $back;
$t->drop('news', 'a');

$t->finish;
