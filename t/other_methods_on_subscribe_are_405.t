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

# a GET may have a body, which nobody reads

my $sub = $t->subscribe($uri, headers => { 'Content-Length' => 5 });
is($sub->status, 200, 'GET with a body subscribes');
is($t->status->{streams}{news}{subscribers}{sse}, 1, 'and is counted');

$sub->{socket}->syswrite('12345');
$t->http('POST', '/events?topic=a', body => 'x');
ok($sub->silent(0.1) && !$sub->{closed}, 'the body does not hurt');

$t->finish;
