#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Numbers in a batch arrive as they were written: prices are not made longer.

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

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $sub = $t->subscribe('/events?topic=a');

my @json = ('{"price":0.1}', '[1.1,2.35,19.99]', '100.0', '-0.001',
            '0.30000000000000004', '9007199254740993');

for (@json) {
    my $r = $t->http('POST', '/publish?topic=a', body => qq({"data":$_}),
        headers => { 'Content-Type' => 'application/x-ndjson' });

    is($r->{status}, 200, "$_ is published");
    is(($sub->data(1, 1))[0], $_, 'and arrives as it was');
}

$t->finish;
