#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A ping is a comment and an id, no event; "rt_ping off" sends none.

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
        history  1000 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;
        rt_ping  200ms;

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

        location = /old {
            rt_subscribe  news $arg_topic;
        }

        location = /off {
            rt_subscribe  news $arg_topic;
            rt_ping       off;
        }
    }
}

CONF

my $sub = $t->subscribe('/events?topic=a');
my $attached = $t->subscribe('/attached?topic=a');
my $quiet = $t->subscribe('/off?topic=a');
my $old = $t->subscribe('/old?topic=a', version => '1.0');

my $id = $t->publish('b', 'not for them')->{id};
my @subs = ($sub, $attached, $old);

ok($t->pump(\@subs, sub { !grep { $_->{comments} < 4 } @subs }),
   'comments come');

is((grep { $_->last_id ne $id } @subs), 0, 'with the newest id');
is((map { $_->events } @subs), 0, 'they are no events');

$quiet->pump(0);
is($quiet->{comments}, 0, 'there is none with "rt_ping off"');
is($quiet->{read} < 500, 1, 'nor anything else');

$t->publish('a', 'one');
is((grep { join('', $_->data(1)) ne 'one' } @subs, $quiet), 0,
   'messages come all the same');

$_->close for @subs, $quiet;
$t->drop('news', qw(a b));

$t->finish;
