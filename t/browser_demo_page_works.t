#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# The demo page, in a browser: choose topics, publish, drop and resume, over each
# transport; two pages chat.

use strict;
use warnings;

use Cwd;
use Test::More;

use lib 't/lib';
use Test::RT;
use Test::RT::Browser;

my $t = Test::RT->new->conf(<<'CONF');

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    types {
        text/html  html;
    }

    rt_stream demo {
        zone     1m;
        history  100 10m;
    }

    server {
        listen  127.0.0.1:%%PORT%%;
        root    demo;

        location = /events {
            rt_subscribe  demo $arg_topic;
        }

        location = /chat {
            rt_subscribe  demo $arg_topic dynamic=chat,room;
            rt_receive    publish;
            rt_start      last=20;
        }

        location = /publish {
            rt_publish  demo $arg_topic event=$arg_event;
        }

        location = /hosts {
            default_type  application/json;
            return        200 '[]';
        }

        location = /rt {
            rt_status;
        }
    }
}

CONF

symlink getcwd . '/docs/demo', $t->dir . '/demo' or die "symlink: $!";

$t->run;

browser('demo.js', ['http://127.0.0.1:' . $t->port . '/'],
    publish => sub {
        my ($topic, $data) = split / /, $_[0], 2;
        return $t->publish($topic, $data);
    },
    gone => sub { $t->wait_subscribers('demo', 0) },
    clear => sub {
        $t->publish('news', 'lost');
        $t->drop('demo', 'news');
        return 1;
    },
);

$t->drop('demo', qw(news prices chat room%201));

$t->finish;
