#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A worker that is told to exit while a message is under way sends the answer to
# the client before it says goodbye.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep);

use lib 't/lib';
use Test::RT;
use Test::RT::Backend;

my $t = Test::RT->new;

my $backend = Test::RT::Backend->new($t, sub {
    sleep 1.5;
    return (200, 'answer');
});

$t->conf(<<'CONF' =~ s/%%BACKEND%%/$backend->port/ger)->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     1m;
        history  100 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /ws {
            rt_subscribe  news $arg_topic;
            rt_receive    pass /backend;
        }

        location = /backend {
            internal;
            proxy_pass  http://127.0.0.1:%%BACKEND%%;
        }
    }
}

CONF

# a subscriber is closed within 5 seconds, some of them before the answer

my @ws = map { $t->websocket('/ws?topic=a') } 1 .. 20;
$_->send_text('hello') for @ws;

ok(wait_for(sub { $backend->requests == @ws }), 'all are under way');

kill 'QUIT', $t->master_pid;

$t->pump(\@ws, sub { !grep { !$_->{closed} } @ws }, 8);

my @codes = map { $_->{close_code} // 'none' } @ws;
is("@codes", join(' ', (1001) x @ws), 'all were told that the server goes away');

is(scalar(grep { join(' ', map { $_->{data} } $_->messages) eq 'answer' } @ws),
   scalar @ws, 'and each had its answer before');

$_->close for @ws;

ok($t->stop('QUIT'), 'nginx has ended');

$t->finish(stopped => 1);
