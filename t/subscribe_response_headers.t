#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A subscription answers with what proxies need to let an event stream through.

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

        location = /cors {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
            add_header    Access-Control-Allow-Origin *;
            default_type  application/x-wrong;
            etag          on;
        }
    }
}

CONF

for my $uri (qw(/events /cors)) {
    my $sub = $t->subscribe("$uri?topic=a");
    my $h = $sub->headers;

    is($sub->status, 200, "$uri answers 200");
    is($h->{'content-type'}, 'text/event-stream', 'with an event stream');
    is($h->{'transfer-encoding'}, 'chunked', 'in chunks');
    is($h->{'x-accel-buffering'}, 'no', 'not to be buffered');
    is($h->{$_}, undef, "without $_")
        for qw(content-length etag last-modified accept-ranges
               content-encoding);

    is($h->{'cache-control'}, 'no-store', 'and not to be cached');

    is($sub->{retry}, 2000, 'retry comes first');
    like($sub->last_id, qr/^\d+-\d+$/, 'then an id to resume from');
    is(@{$sub->{events}}, 0, 'and no event yet');
}

is($t->subscribe('/cors?topic=a')->headers->{'access-control-allow-origin'},
   '*', 'add_header adds to them');

$t->finish;
