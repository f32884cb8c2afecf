#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Filters that change, hold back or compress a body leave subscriptions alone.

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
        listen             127.0.0.1:%%PORT%%;

        gzip               on;
        gzip_types         *;
        gzip_min_length    0;
        gzip_proxied       any;
        gzip_http_version  1.0;
        gunzip             on;

        sub_filter         "data" "lost";
        sub_filter_types   *;
        sub_filter_once    off;

        add_before_body    /before;
        add_after_body     /after;
        addition_types     *;

        ssi                on;
        ssi_types          *;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }

        location ~ ^/(before|after)$ {
            return  200 "added $1";
        }
    }
}

CONF

my %gzip = (headers => { 'Accept-Encoding' => 'gzip' });
my @subs;

for my $version (qw(1.1 1.0)) {
    for my $uri (qw(/events /attached)) {
        my $sub = $t->subscribe("$uri?topic=a", version => $version, %gzip);

        is($sub->headers->{'content-encoding'}, undef,
           "$uri over HTTP/$version is not compressed");
        is($sub->{retry}, 2000, 'its first bytes are there at once');
        push @subs, $sub;
    }
}

my @data = ('data data', '<!--# include virtual="/before" -->', 'dat', 'x' x
            30000);

for my $data (@data) {
    $t->http('POST', '/publish?topic=a', body => $data);

    my @got = map { $_->data(1) } @subs;
    is(scalar(grep { $_ eq $data } @got), @subs,
       'all got ' . (length $data > 100 ? 'much data' : "\"$data\"")
       . ' as it is');
}

$t->finish;
