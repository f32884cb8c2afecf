#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# The demo page with two hosts, in a browser: publish at either, subscribe at
# either, change over with the last id.

use strict;
use warnings;

use Cwd;
use Test::More;

use lib 't/lib';
use Test::RT;
use Test::RT::Browser;

my $conf = <<'CONF';

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
        redis    %%REDIS%%;
    }

    server {
        listen     127.0.0.1:%%PORT%%;
        root       demo;
        rt_origin  http://127.0.0.1:%%OTHER%%;

        location = /events {
            rt_subscribe  demo $arg_topic;
        }

        location = /publish {
            rt_publish  demo $arg_topic event=$arg_event;
            add_header  Access-Control-Allow-Origin * always;
        }

        location = /hosts {
            default_type  application/json;
            return        200 '%%HOSTS%%';
        }

        location = /rt {
            rt_status;
            add_header  Access-Control-Allow-Origin * always;
        }
    }
}

CONF

my $t = Test::RT->new;
my $u = Test::RT->new(redis => $t->redis);

my @ports = ($t->port, $u->port);
my $hosts = '[' . join(',', map { "\"127.0.0.1:$_\"" } @ports) . ']';

for my $i (0, 1) {
    my $host = ($t, $u)[$i];

    symlink getcwd . '/docs/demo', $host->dir . '/demo' or die "symlink: $!";

    $host->conf($conf, OTHER => $ports[1 - $i], HOSTS => $hosts)->run;
}

$_->wait_redis('demo') for $t, $u;

browser('demo_hosts.js', [map { "http://127.0.0.1:$_/" } @ports],
    left => sub { ($_[0] eq 'first' ? $t : $u)->wait_subscribers('demo', 0) },
);

$_->drop('demo', 'news') for $t, $u;
$u->finish(more => 1);
$t->finish;
