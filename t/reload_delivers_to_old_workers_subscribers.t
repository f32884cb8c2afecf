#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Subscribers stay with the old workers: what new workers publish reaches them,
# and what an old worker still publishes reaches those of the new ones.

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

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my @old = map { $t->subscribe('/events?topic=a') } 1 .. 10;

# requests that are not complete when their worker is told to exit

my @late = map { $t->connect } 1 .. 2;

for (@late) {
    $_->syswrite("POST /publish?topic=a HTTP/1.1\r\nHost: localhost\r\n"
                 . "Content-Length: 4\r\n\r\nol");
}

$t->publish('a', 'before');

ok($t->reload, 'nginx was reloaded');

my $s = $t->status->{streams}{news};
is(scalar(grep { $_->{generation} < $s->{generation} } @{$s->{workers}}), 2,
   'old workers are there');
is($s->{subscribers}{sse}, 10, 'with their subscribers');

my @new = map { $t->subscribe('/events?topic=a') } 1 .. 10;

$t->publish('a', "new $_") for 1 .. 10;

is((grep { join(' ', $_->data(11)) ne 'before ' . join ' ', map { "new $_" }
           1 .. 10 } @old), 0, 'old subscribers got what was published after');
is((grep { join(' ', $_->data(10)) ne join ' ', map { "new $_" } 1 .. 10 }
    @new), 0, 'so did new ones');

$_->syswrite('d!') for @late;
like(join('', map { sysread $_, my $buf, 4096; $buf } @late),
     qr/200 OK.*200 OK/s, 'old workers published');

is((grep { join(' ', $_->data(2)) ne 'old! old!' } @old, @new), 0,
   'all subscribers got it');

# once more: workers of three generations

ok($t->reload, 'nginx was reloaded again');

$t->publish('a', 'last');
is((grep { join(' ', $_->data(1)) ne 'last' } @old, @new), 0,
   'all subscribers of two older generations got it');

$_->close for @late, @old, @new;
$t->drop('news', 'a');

$t->finish;
