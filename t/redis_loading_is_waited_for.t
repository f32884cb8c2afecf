#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A Redis that is still reading its data is not ready: publishers get 503, and
# the link comes up when it has.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new;
$t->redis(loading_process_events_interval_bytes => 1024);

$t->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  1000 1h;
        redis    %%PROXY%% timeout=1s probe=1s;
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

$t->wait_redis;

my $sub = $t->subscribe('/events?topic=a');

for my $error ('LOADING Redis is loading the dataset in memory',
               'MASTERDOWN Link with MASTER is down',
               'READONLY You can\'t write against a read only replica.')
{
    my ($word) = $error =~ /^(\w+)/;

    $t->proxy->answer("-$error\r\n");
    $t->proxy->cut;

    my $r = $t->http('POST', '/publish?topic=a', body => $word, timeout => 20);
    is($r->{status}, 503, "$word: a publisher gets 503");
    ok($r->{headers}{'retry-after'}, 'with Retry-After');
    ok(wait_for(sub { $t->read('error.log') =~ /\[error\].*redis.*$word/ }),
       'the log says why');

    $t->proxy->pass;
    $t->proxy->cut;

    my $id = $t->publish_again('a', "after $word")->{id};
    is($sub->event->{id}, $id, 'then messages are delivered');
}

# a real one, which has much to read

$t->redis->cli('DEBUG', 'POPULATE', 20000);
$t->redis->cli('CONFIG', 'SET', 'key-load-delay', 100);

my $job = $t->background(sub { $t->redis->cli('DEBUG', 'RELOAD') });

ok(wait_for(sub {
    my $r = $t->redis->call('GET', 'key:1');
    ref $r && $$r =~ /^LOADING/;
}), 'Redis is loading');

is($t->http('POST', '/publish?topic=a', body => 'x')->{status}, 503,
   'a publisher gets 503');

my $id = $t->publish_again('a', 'loaded')->{id};
is(wait_for($job, 20), 'OK', 'Redis has loaded');
is($sub->event->{id}, $id, 'then messages are delivered');

$sub->close;
$t->drop('news', 'a');

$t->finish;
