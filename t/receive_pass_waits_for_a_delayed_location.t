#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A location that nginx itself delays, by limit_req or auth_delay, answers when
# its time has come.

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
        history  100 1h;
    }

    limit_req_zone  $rt_topic zone=slow:1m rate=5r/s;

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /ws {
            rt_subscribe  news $arg_topic;
            rt_receive    pass /limited;
        }

        location = /limited {
            limit_req   zone=slow burst=10;
            proxy_pass  http://127.0.0.1:%%PORT%%/echo;
        }

        location = /echo {
            return  200 "answer";
        }
    }
}

CONF

my $ws = $t->websocket('/ws?topic=a');

$ws->send_text($_) for 1 .. 4;

my @got = $ws->data(4, 3);
is("@got", join(' ', ('answer') x 4), 'each message is answered, if later');

$t->finish;
