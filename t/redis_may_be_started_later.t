#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# nginx starts without Redis, and finds it when it is there.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new;
$t->proxy->refuse;
$t->redis->add('rt:{news}', 'a', 'old');

$t->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  1000 1h;
        redis    %%PROXY%% timeout=1s;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

is($t->http('POST', '/publish?topic=a', body => 'x')->{status}, 503,
   'nothing is published');

my $sub = $t->subscribe('/events?topic=a');
is($sub->status, 200, 'subscribers are accepted');

$t->proxy->pass;

my $id = $t->publish_again('a', 'new')->{id};

ok(wait_for(sub {
    $sub->pump(0.05);
    grep { $_->{id} eq $id } $sub->events;
}), 'then messages are delivered');

my $resumed = $t->subscribe('/events?topic=a',
    last_id => ($t->redis->entries('rt:{news}'))[0]{id});
is(join(' ', $resumed->data(1)), 'new', 'the history was filled');

$_->close for $sub, $resumed;
$t->drop('news', 'a');

$t->finish;
