#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# The status is read only, and never cached.

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

        location = /status {
            rt_status;
        }

        location = /denied {
            rt_status;
            deny  all;
        }
    }
}

CONF

my $r = $t->http('GET', '/status');

is($r->{status}, 200, 'GET is answered');
is($r->{headers}{'content-type'}, 'application/json', 'with JSON');
is($r->{headers}{'cache-control'}, 'no-store', 'that is not cached');
ok(json($r->{body})->{streams}{news}, 'and has the stream');

my $head = $t->http('HEAD', '/status');

is($head->{status}, 200, 'HEAD is answered');
is($head->{body}, '', 'without a body');
is($head->{headers}{'content-type'}, 'application/json', 'as GET is');

for (qw(POST PUT DELETE PATCH OPTIONS)) {
    $r = $t->http($_, '/status', /P/ ? (body => 'x') : ());

    is($r->{status}, 405, "$_ is not allowed");
    is($r->{headers}{allow}, 'GET, HEAD', 'the answer says what is');
}

is($t->http('GET', '/denied')->{status}, 403, 'access is nginx\'s');

# a connection stays usable

my $request = "Host: localhost\r\nContent-Length: 3\r\n";
my $raw = $t->raw("POST /status HTTP/1.1\r\n$request\r\nabc"
    . "GET /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

is(join(' ', $raw =~ m{^HTTP/1.1 (\d+)}mg), '405 200',
   'a body that nobody wants is passed over');

$t->finish;
