#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A stream whose client does not open its window waits; another one on the same
# connection gets all, and so does the first when its client goes on.

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
        zone     16m;
        history  1000 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;
        listen  127.0.0.1:%%PORT_1%% http2;

        location = /events {
            rt_subscribe  news $arg_topic;
            rt_buffer     64k;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $c = Test::RT::H2->new(port => $t->port(1), window => 1000);

$c->get(1, '/events?topic=a', accept => 'text/event-stream');
$c->get(3, '/events?topic=a', accept => 'text/event-stream');
$c->open_window(3, 0x7fffffff - 1000);

ok($c->pump(sub { $c->stream(1)->{data} =~ /\n\n/
                  && $c->stream(3)->{data} =~ /\n\n/ }),
   'both streams are open');

my $p = $t->publisher;
$p->publish('a', sprintf '%03d %s', $_, 'x' x 5000) for 1 .. 200;

sub numbers { my @n = $_[0]->{data} =~ /^data: (\d+) x{5000}$/mg; "@n" }

my $all = join ' ', map { sprintf '%03d', $_ } 1 .. 200;

ok($c->pump(sub { $c->stream(3)->{data} =~ /data: 200 x{5000}\n\n/ }, 10),
   'the other stream has the newest message');
is(numbers($c->stream(3)), $all, 'and all before it');
is(length $c->stream(1)->{data}, 1000, 'the first has what its window allows');

$c->open_window(1, 10_000_000);

ok($c->pump(sub { $c->stream(1)->{data} =~ /data: 200 x{5000}\n\n/ }, 10),
   'it goes on when its window opens');
is(numbers($c->stream(1)), $all, 'and has all, too');

$c->reset(1);
$p->publish('a', 'end');
ok($c->pump(sub { $c->stream(3)->{data} =~ /data: end\n\n/ }),
   'reset of one stream leaves the other');
ok($t->wait_subscribers('news', 1), 'its subscriber is gone');

$c->close;
$t->drop('news', 'a');

$t->finish;
