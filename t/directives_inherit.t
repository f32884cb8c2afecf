#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# What the http and server levels say holds in a location that says nothing.

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

    rt_retry       3s;
    rt_start       oldest;
    rt_topics_max  2;
    rt_ping        off;

    rt_stream news {
        zone     1m;
        history  100 1s;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        rt_ping  100ms;

        location = /inherits {
            rt_subscribe  news $arg_topic;
        }

        location = /overrides {
            rt_subscribe   news $arg_topic;
            rt_retry       5s;
            rt_start       new;
            rt_topics_max  3;
            rt_ping        off;
        }

        location /outer/ {
            rt_start  last=1;

            location = /outer/inner {
                rt_subscribe  news $arg_topic;
            }
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }

    server {
        listen  127.0.0.1:%%PORT_1%%;

        rt_retry  7s;

        location = /events {
            rt_subscribe  news $arg_topic;
        }
    }
}

CONF

$t->publish('a', 1);
$t->publish('a', 2);

my $inherits = $t->subscribe('/inherits?topic=a');
my $overrides = $t->subscribe('/overrides?topic=a');
my $inner = $t->subscribe('/outer/inner?topic=a');
my $other = $t->subscribe('/events?topic=a', port => $t->port(1));

is($inherits->{retry}, 3000, 'rt_retry comes from the http level');
is($other->{retry}, 7000, 'rt_retry of a server overrides it');
is($overrides->{retry}, 5000, 'rt_retry of a location overrides it');

$t->publish('a', 3);

is(join(' ', $inherits->data(3)), '1 2 3', 'rt_start comes from http');
is(join(' ', $overrides->data(1)), '3', 'rt_start of a location overrides it');
is(join(' ', $inner->data(2)), '2 3', 'rt_start comes from outer location');
is(join(' ', $other->data(3)), '1 2 3', 'rt_start is that of each server');

is($t->http('GET', '/inherits?topic=a,b,c')->{status}, 400,
   'rt_topics_max comes from the http level');
is($t->subscribe('/overrides?topic=a,b,c')->status, 200,
   'rt_topics_max of a location overrides it');

ok(wait_for(sub { $inherits->pump(0.1); $inherits->{comments} >= 3 }),
   'rt_ping comes from the server');

$_->pump for $overrides, $other;

is($overrides->{comments}, 0, 'rt_ping of a location overrides it');
is($other->{comments}, 0, 'rt_ping of another server is that of http');

$t->finish;
