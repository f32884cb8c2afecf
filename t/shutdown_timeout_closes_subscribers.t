#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# "worker_shutdown_timeout" ends what old workers still have, and clients resume
# from the new ones.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new->conf(<<'CONF')->run;

%%GLOBALS%%
worker_shutdown_timeout 500ms;

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  1000 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }

        location = /attached {
            rt_subscribe  news a;
            rt_detach     off;
        }
    }
}

CONF

my @clients = map {
    $t->client($_ % 2 ? '/events?topic=a' : '/attached')
} 1 .. 10;

$t->pump(\@clients, sub { !grep { !$_->primed } @clients });
$t->publish('a', 'one');

ok($t->reload, 'nginx was reloaded');
$t->publish('a', 'two');

ok($t->pump(\@clients, sub { !grep { $_->{opened} < 2 } @clients }, 10),
   'connections were closed');

$t->publish('a', 'three');
$t->pump(\@clients, sub { !grep { $_->got < 3 } @clients });

is((grep { join(' ', map { $_->{data} } $_->got) ne 'one two three' }
    @clients), 0, 'each client got each message once');

is($t->status->{streams}{news}{counters}{gaps}, 0, 'no gap was told');

$_->close for @clients;
$t->drop('news', 'a');

$t->finish;
