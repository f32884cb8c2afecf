#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# While messages are published nginx reloads, and old workers are cut short: a
# page connects its WebSocket again with the last id and has each message once.
# When nginx starts anew it is told of a gap.

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
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $url = 'http://127.0.0.1:' . $t->port;

browser('websocket.js', ["$url/", "$url/publish?topic=a"],
    publish => sub { $t->publish('a', $_[0]) },
    reload => sub { ok($t->reload, 'nginx reloaded') },
    restart => sub {
        ok($t->stop, 'nginx stopped');
        $t->run;
        return 1;
    },
    moved => sub {
        wait_for(sub {
            my $s = $t->status->{streams}{news};
            grep { $_->{generation} == $s->{generation}
                   && $_->{subscribers}{websocket} } @{$s->{workers}};
        }, 10);
    },
);

$t->drop('news', 'a');

$t->finish;
