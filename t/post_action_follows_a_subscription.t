#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A request that stays attached may have a post_action: it begins when the
# client has gone, and by then the subscriber has gone, too.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new(workers => 1)->conf(<<'CONF')->run;

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
            rt_detach     off;
            post_action   /done;
        }

        location = /done {
            proxy_pass  http://127.0.0.1:%%PORT_1%%;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }

    server {
        listen  127.0.0.1:%%PORT_1%%;

        location / {
            limit_rate  50;
            return      200 "gone\n";
        }
    }
}

CONF

my @subs = map { $t->subscribe('/events?topic=a') } 1 .. 4;

$_->close for @subs;

for my $n (1 .. 20) {
    $t->publish('a', "message $n");
}

ok($t->wait_subscribers('news', 0), 'subscribers are gone');
is($t->publish('a', 'last')->{subscribers}, 0, 'and not counted');

ok(wait_for(sub {
    my $lines = () = $t->read('access.log') =~ m{"GET /events}g;
    $lines == 4;
}, 5), 'requests ended');

$t->finish;
