#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Only GET subscribes.

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
    }
}

CONF

my $uri = '/events?topic=a';

for (qw(POST PUT DELETE PATCH OPTIONS FOO)) {
    my $r = $t->http($_, $uri, /P/ ? (body => 'x' x 10000) : ());

    is($r->{status}, 405, "$_ is not allowed");
    is($r->{headers}{allow}, 'GET, HEAD', 'the answer says what is');
    ok(json($r->{body})->{error}, 'in JSON');
}

is($t->status->{streams}{news}{topics}, 0, 'nobody has subscribed');

# a body that may still come could not be told from another request

my $r = $t->http('GET', $uri, body => 'x');
is($r->{status}, 400, 'a body is refused');
like($r->{body}, qr/has no request body/, 'the answer says why');

my $sub = $t->subscribe($uri, headers => { 'Content-Length' => 0 });
is($sub->status, 200, 'an empty one is none');

$t->finish;
