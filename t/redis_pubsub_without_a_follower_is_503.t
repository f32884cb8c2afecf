#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A message that no host would get is not taken.

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
        redis    %%REDIS%% pubsub;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic event=$arg_event;
        }
    }
}

CONF

$t->wait_redis;
is($t->http('POST', '/publish?topic=a', body => 'x')->{status}, 200,
   'a message is taken');

$t->redis->cli('ACL', 'SETUSER', 'default', '-psubscribe');
$t->redis->cli('CLIENT', 'KILL', 'TYPE', 'pubsub');

my $r;
ok(wait_for(sub {
    $r = $t->http('POST', '/publish?topic=a', body => 'x');
    $r->{status} == 503;
}, 10), 'nobody follows: 503');
is($r->{headers}{'retry-after'}, 1, 'with Retry-After') or diag(explain($r));
ok(wait_for(sub { $t->read('error.log') =~ /\[error\].*is lost: NOPERM/ }, 5),
   'the log says why');

$t->redis->cli('ACL', 'SETUSER', 'default', '+psubscribe');
ok(wait_for(sub {
    $t->http('POST', '/publish?topic=a', body => 'x')->{status} == 200;
}, 10), 'it comes back by itself');

$t->drop('news', 'a');

$t->finish;
