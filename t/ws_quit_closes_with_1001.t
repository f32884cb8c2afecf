#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# "nginx -s quit" closes each WebSocket with 1001 within some seconds, and
# messages reach it until then.

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
        history  off;
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

my @subs = map { $t->websocket($_ % 2 ? '/events?topic=a' : '/attached') }
           1 .. 10;

$t->publish('a', 'one');
is((grep { join('', $_->data(1)) ne 'one' } @subs), 0, 'all are subscribed');

# one is in the middle of a message

$subs[0]->send_frame(1, 'abc', fin => 0);

kill 'QUIT', $t->master_pid;

ok($t->pump(\@subs, sub { !grep { !$_->{closed} } @subs }, 15),
   'all connections were closed');
is((grep { ($_->{close_code} // 0) == 1001 } @subs), 10, 'each with 1001');
is((grep { $_->{raw} ne '' } @subs), 0, 'and nothing after it');
is((grep { $_->{reset} } @subs), 0, 'none was reset');

$_->close for @subs;
ok($t->stop('QUIT'), 'nginx is gone');

$t->finish(stopped => 1);
