#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Debian's python3-websockets: echo, fan-out, rt.json, close codes, with and
# without deflate.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;
use Test::RT::Script;

# not what a version manager may have put first

my $python = '/usr/bin/python3';

plan skip_all => 'no python3-websockets'
    if system("$python -c 'import websockets' 2>/dev/null");

my $t = Test::RT->new->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  100 1h;
    }

    rt_stream echo {
        zone          32m;
        history       4 1s;
        message_size  1m;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /chat {
            rt_subscribe  news $arg_topic;
            rt_receive    publish;
        }

        location = /short {
            rt_subscribe  news $arg_topic;
            rt_lifetime   1s;
        }

        location = /echo {
            rt_subscribe  echo $connection.$msec;
            rt_receive    publish;
            rt_buffer     8m;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

script($python, 't/python/client.py', $t->port);

$t->drop('news', qw(a b c));
$t->finish;
