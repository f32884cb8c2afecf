#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# The end of a subscription is said even if the connection does not take it at
# once, attached or not.

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
        zone     4m;
        history  100 2s;
    }

    server {
        listen  127.0.0.1:%%PORT%% sndbuf=16k;

        rt_lifetime  1s;

        location = /detached {
            rt_subscribe  news $arg_topic;
        }

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
        }

        location = /limited {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
            limit_rate    400;
        }

        location = /publish {
            rt_publish  news $arg_topic;
            client_body_buffer_size  64k;
        }
    }
}

CONF

my @subs = map { $t->subscribe("/$_?topic=$_", rcvbuf => 4096) }
    qw(detached attached limited);

$t->publish('detached', 'x' x 60_000) for 1 .. 3;
$t->publish('attached', 'x' x 60_000) for 1 .. 3;
$t->publish('limited', 'x');

# their lives end while two of them read nothing

select undef, undef, undef, 1.5;

for my $sub (@subs) {
    ok($sub->wait_close(10), "$sub->{uri} ended");
    ok($sub->{ended}, 'with the last chunk');
    ok(!$sub->{reset}, 'and no reset');
}

is((grep { $_->events != 3 } @subs[0, 1]), 0, 'after all messages');

$t->finish;
