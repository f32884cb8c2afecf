#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# WebSockets stay with the old workers: messages reach them, and what they
# send reaches all.

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
        history  100 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        rt_receive  publish;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
        }
    }
}

CONF

my @old = map { $t->websocket($_ % 2 ? '/events?topic=a' : '/attached?topic=a')
              } 1 .. 6;

$_->send_frame(1, 'half ', fin => 0) for @old;

ok($t->reload, 'nginx was reloaded');
is($t->status->{streams}{news}{subscribers}{websocket}, 6, 'all stayed');

my @new = map { $t->websocket('/events?topic=a') } 1 .. 6;

$t->publish('a', "new $_") for 1 .. 5;
is((grep { join(' ', $_->data(5)) ne join ' ', map { "new $_" } 1 .. 5 }
    @old, @new), 0, 'all got what was published after');

$old[0]->send_frame(0, 'message');
is((grep { join(' ', $_->data(1)) ne 'half message' } @old, @new), 0,
   'what an old one was saying reaches all');

$new[0]->send_text('from a new one');
is((grep { join(' ', $_->data(1)) ne 'from a new one' } @old, @new), 0,
   'so does what a new one says');

$_->send_close(1000) for @old, @new;
is((grep { $_->wait_close_code != 1000 } @old, @new), 0, 'all can say goodbye');

$t->drop('news', 'a');

$t->finish;
