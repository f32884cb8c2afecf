#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A request that was under way when nginx was told to quit may still become a
# subscription; it is closed like the others, and nginx ends.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new(workers => 1)->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     1m;
        history  100 1s;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /events {
            rt_subscribe  news $arg_topic;
        }
    }
}

CONF

my $early = $t->subscribe('/events?topic=a');
my $s = $t->connect;

syswrite $s, "GET /events?topic=a HTTP/1.1\r\nHost: localhost\r\n";
select undef, undef, undef, 0.2;

kill 'QUIT', $t->master_pid;

ok(wait_for(sub { $t->read('error.log') =~ /closing 1 subscribers/ }, 10),
   'the worker drains');

syswrite $s, "\r\n";

ok(wait_for(sub { sysread($s, my $buf, 4096); ($buf // '') =~ /200 OK/ }, 5),
   'the late request is a subscription');

ok($early->wait_close(10), 'the early one ends');
ok($t->stop('QUIT'), 'nginx ends');

$t->finish(stopped => 1);
