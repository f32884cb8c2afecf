#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# limit_conn counts subscribers for as long as they stay with "rt_detach off",
# otherwise only while they open.

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

    limit_conn_zone  $uri zone=uri:1m;

    rt_stream news {
        zone     1m;
        history  100 1s;
    }

    server {
        listen      127.0.0.1:%%PORT%%;
        limit_conn  uri 2;

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
        }

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my @subs = map { $t->subscribe('/attached?topic=a') } 1 .. 2;
is(join(' ', map { $_->status } @subs), '200 200', 'as many as the limit');

is($t->http('GET', '/attached?topic=a')->{status}, 503,
   'one more is refused');

$t->publish('a', 'x');
is(join(' ', map { $_->data(1) } @subs), 'x x', 'those who are there stay');

is($t->http('GET', '/attached?topic=a')->{status}, 503,
   'and still count after a message');

shift(@subs)->close;

ok(wait_for(sub {
    my $sub = $t->subscribe('/attached?topic=a');
    push @subs, $sub if $sub->status == 200;
    $sub->status == 200;
}), 'when one has gone another may come');

is($t->http('GET', '/attached?topic=a')->{status}, 503, 'but only one');

my @detached = map { $t->subscribe('/events?topic=a') } 1 .. 5;
is(join(' ', map { $_->status } @detached), '200 200 200 200 200',
   'with rt_detach on only the opening counts');

$t->publish('a', 'y');
is(join('', map { $_->data(1) } @detached, @subs), 'y' x 7, 'all are served');

$t->finish;
