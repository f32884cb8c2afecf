#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client that answers pings, or shows any other sign of life, stays; one
# that is silent for two intervals is closed and counted.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);

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
        history  100 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;
        rt_ping  300ms;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
        }

        location = /off {
            rt_subscribe  news $arg_topic;
            rt_ping       off;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my @ways = ('/events', '/attached');

my @mute = map { $t->websocket("$_?topic=a", mute => 1) } @ways;
my @good = map { $t->websocket("$_?topic=a") } @ways;
my @talks = map { $t->websocket("$_?topic=a", mute => 1) } @ways;
my @quiet = $t->websocket('/off?topic=a', mute => 1);
my $sse = $t->subscribe('/events?topic=a');

my $start = time;
my ($closed, $next);

my $ok = $t->pump([@mute, @good, @talks, @quiet, $sse], sub {
    $closed //= time - $start if !grep { !$_->{closed} } @mute;

    # an unasked pong is a sign of life as well

    if (time > ($next // 0)) {
        $_->send_frame(10, '') for @talks;
        $next = time + 0.15;
    }

    !grep { $_->{pings} < 8 } @good, @talks;
}, 8);

ok($ok, 'pings come');
ok(defined $closed, 'silent clients are closed');
cmp_ok($closed, '>', 0.5, 'not before two intervals');
cmp_ok($closed, '<', 1.8, 'but soon after');
is((grep { $_->{closed} } @good), 0, 'who answers stays');
is((grep { $_->{closed} } @talks), 0, 'so does who talks');
is((grep { $_->{closed} } $sse), 0, 'and who cannot');
is($quiet[0]->{pings}, 0, 'there is no ping with "rt_ping off"');
is((grep { $_->{closed} } @quiet), 0, 'and no end');
is((grep { $_->messages } @good, @talks), 0, 'a ping is no message');

is($t->status->{streams}{news}{counters}{silent}, 2, 'silent ones are counted');
my $logged = () = $t->read('error.log') =~ /client does not answer pings/g;
is($logged, 2, 'and logged');

$t->publish('a', 'one');
is((grep { join('', $_->data(1)) ne 'one' } @good, @talks, @quiet, $sse), 0,
   'messages come all the same');

$t->drop('news', 'a');

$t->finish;
