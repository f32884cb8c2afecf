#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# While messages are published nginx reloads, and old workers are cut short: the
# browser's EventSource comes back to a new one and has each message once.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;
use Test::RT::Browser;

my $t = Test::RT->new->conf(<<'CONF')->run;

%%GLOBALS%%

worker_shutdown_timeout  1s;

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  10000 1m;
    }

    server {
        listen        127.0.0.1:%%PORT%%;
        default_type  text/html;

        location = / {
            return  200 "<!DOCTYPE html><link rel=icon href=data:,>";
        }

        location = /events {
            rt_subscribe  news $arg_topic;
            rt_retry      200ms;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $url = 'http://127.0.0.1:' . $t->port;

browser('reload.js', ["$url/", "$url/publish?topic=a", 'http/1.1'],
    publish => sub { $t->publish('a', $_[0]) },
    reload => sub { ok($t->reload, 'nginx reloaded') },
    moved => sub {
        wait_for(sub {
            my $s = $t->status->{streams}{news};
            grep { $_->{generation} == $s->{generation}
                   && $_->{subscribers}{sse} } @{$s->{workers}};
        }, 10);
    },
);

$t->drop('news', 'a');

$t->finish;
