#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Many clients that come back to the same place at once get the history once
# each, and what is published meanwhile.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new->conf(<<'CONF')->run;

%%GLOBALS%%

events {
    worker_connections  1024;
}

http {
    %%HTTP%%

    rt_stream news {
        zone     16m;
        history  2000 1h;
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

my @ids = map { $t->publish('a', "$_ " . 'x' x 1000)->{id} } 1 .. 500;

my $job = $t->background(sub {
    my $p = $t->publisher;
    $p->publish('a', "$_ " . 'y' x 1000) for 501 .. 600;
    return 1;
});

my @subs = map {
    $t->subscribe('/events?topic=a', last_id => $ids[99], nowait => 1);
} 1 .. 200;

ok($t->pump(\@subs, sub { !grep { $_->events < 500 } @subs }, 60),
   'all messages came');

my $expected = join ' ', 101 .. 600;
is((grep {
    join(' ', map { $_->{data} =~ /^(\d+)/ } $_->events) ne $expected;
} @subs), 0, 'each client got each once, in order');

ok($job->(), 'all was published');
is($t->status->{streams}{news}{counters}{gaps}, 0, 'no gap was told');

$_->close for @subs;
$t->drop('news', 'a');

$t->finish;
