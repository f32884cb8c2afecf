#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# HEAD has the header of a subscription, and does not subscribe.

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

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

for (qw(/events /attached)) {
    my $r = $t->http('HEAD', "$_?topic=a");

    is($r->{status}, 200, "HEAD $_ is answered");
    is($r->{headers}{'content-type'}, 'text/event-stream', 'as GET would be');
    is($r->{headers}{'cache-control'}, 'no-store', 'in all fields');
    is((split /\r\n\r\n/, $r->{raw}, 2)[1], '', 'and without a body');
}

is($t->http('HEAD', '/events?topic=')->{status}, 400, 'topics are checked');
is($t->http('HEAD', '/events?topic=a',
            headers => { Accept => 'text/html' })->{status}, 406,
   'Accept is looked at');

my $head = "HEAD /events?topic=a HTTP/1.1\r\nHost: localhost\r\n";
my $raw = $t->raw("$head\r\n$head\r\n${head}Connection: close\r\n\r\n");

is(join(' ', $raw =~ m{^HTTP/1.1 (\d+)}mg), '200 200 200',
   'the connection stays usable');

my $news = $t->status->{streams}{news};

is($news->{topics}, 0, 'no topic came into being');
is($t->publish('a', 'x')->{subscribers}, 0, 'and nobody subscribed');

$t->finish;
