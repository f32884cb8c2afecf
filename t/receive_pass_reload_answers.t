#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# nginx reloads while a message is under way: the answer arrives, and the client
# may send the next to the old worker.

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

my @ws = map { $t->websocket('/ws?topic=a') } 1 .. 20;
$_->send_text('hello') for @ws;

ok(wait_for(sub { $backend->requests == @ws }), 'all are under way');

ok($t->reload, 'nginx reloaded');

is(scalar(grep { join(' ', $_->data(1)) eq 'answer' } @ws), scalar @ws,
   'each is answered');

$ws[0]->send_text('next');
is(join(' ', $ws[0]->data(1)), 'answer', 'and may go on');
$_->close for @ws;

# calls of clients that are gone do not keep a worker, nor harm it

@ws = map { $t->websocket('/ws?topic=a') } 1 .. 10;
$_->send_text('hello') for @ws;
ok(wait_for(sub { $backend->requests == 31 }), 'more are under way');
$_->close for @ws;

ok($t->reload, 'nginx reloaded');
ok(wait_for(sub {
    @{$t->status->{streams}{news}{workers}} == 2;
}, 10), 'the old workers are gone');

$t->finish;
