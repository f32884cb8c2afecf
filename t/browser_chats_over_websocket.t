#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Two pages of a browser chat: what one sends reaches both, with rt.json, in
# rooms that they join and leave.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;
use Test::RT::Browser;

my $t = Test::RT->new->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream chat {
        zone     4m;
        history  1000 1h;
    }

    server {
        listen        127.0.0.1:%%PORT%% reuseport;
        default_type  text/html;

        location = / {
            return  200 "<!DOCTYPE html><link rel=icon href=data:,>";
        }

        location = /chat {
            rt_subscribe  chat $arg_topic dynamic=room.;
            rt_receive    publish;
        }
    }
}

CONF

browser('chat.js', ['http://127.0.0.1:' . $t->port . '/']);

is($t->status->{streams}{chat}{counters}{rejected}, 0, 'nothing was rejected');

$t->drop('chat', 'lobby', 'room.1');
$t->finish;
