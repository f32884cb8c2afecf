#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A server that has become a replica refuses messages; the link looks anew.

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
        redis    %%REDIS%%;
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
$t->publish('a', 'before');

$t->redis->cli('REPLICAOF', '127.0.0.1', 1);

my $r;
ok(wait_for(sub {
    $r = $t->http('POST', '/publish?topic=a', body => 'x');
    $r->{status} == 503;
}, 10), 'a message is refused');
is($r->{headers}{'retry-after'}, 1, 'with Retry-After');
ok(wait_for(sub { grep { ($_->{error} // '') =~ /^READONLY/ }
                  $t->links('news', 'publisher') }, 10),
   'the status says why');
like($t->read('error.log'), qr/\[error\].*is lost: READONLY/, 'and the log');

$t->redis->cli('REPLICAOF', 'NO', 'ONE');
my $id = $t->publish_again('a', 'after')->{id};
ok(wait_for(sub { $t->status->{streams}{news}{last_id} eq $id }, 10),
   'the master is found again');

$t->drop('news', 'a');

$t->finish;
