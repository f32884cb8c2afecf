#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# nginx is stopped and started: the browser's EventSource comes back by itself,
# is told that the history is gone, and has each later message once.

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

    rt_stream news {
        zone     1m;
        history  100 1m;
    }

    server {
        listen        127.0.0.1:%%PORT%%;
        default_type  text/html;

        location = / {
            return  200 "<!DOCTYPE html><link rel=icon href=data:,>";
        }

        location = /events {
            if (-f %%DIR%%/closed) {
                return  444;
            }

            rt_subscribe  news $arg_topic;
            rt_retry      200ms;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

browser('restart.js', ['http://127.0.0.1:' . $t->port . '/', 'http/1.1'],
    publish => sub { $t->publish('a', $_[0]) },
    restart => sub {
        my ($data) = @_;

        # the message is there before the browser, however slow we are

        $t->write('closed', '');
        ok($t->stop, 'nginx stopped');
        $t->run;

        my $answer = $t->publish('a', $data);

        unlink $t->dir . '/closed';

        return $answer;
    },
);

$t->drop('news', 'a');

$t->finish;
