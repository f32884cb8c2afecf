#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# At the end of its life a subscription is closed with 1001; the connection
# stays until the client has answered, five seconds at most.

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
        rt_lifetime  300ms;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my @ways = ('/events', '/attached');
my %opt = (mute => 1);

my @mute = map { $t->websocket("$_?topic=a", %opt) } @ways;
my @late = map { $t->websocket("$_?topic=a", %opt) } @ways;
my @good = map { $t->websocket("$_?topic=a") } @ways;
my @all = (@mute, @late, @good);

my $start = time;

ok($t->pump(\@all, sub { !grep { !$_->{close_code} } @all }),
   'all are told goodbye');
is((grep { $_->{close_code} != 1001 } @all), 0, 'with 1001');

ok($t->pump(\@good, sub { !grep { !$_->{closed} } @good }),
   'who answers is closed');
cmp_ok(time - $start, '<', 4.9, 'without waiting for its time');

# the client dies of a frame behind the close frame

$t->publish('a', 'late');

for (@late) {
    $_->send_ping('late');
    $_->send_text('late');
}

ok($t->pump(\@all, sub { $t->status->{streams}{news}{counters}{received} }, 1)
   || 1, 'messages may still come');
is((grep { $_->{closed} } @mute, @late), 0, 'who does not is waited for');
is((map { @{$_->{pongs}}, $_->messages } @late), 0, 'but hears no more');

$_->send_close(1001) for @late;
ok($t->pump(\@late, sub { !grep { !$_->{closed} } @late }, 2),
   'until the answer comes');
is((grep { $_->{reset} } @late), 0, 'then the connection ends cleanly');

is((grep { $_->{closed} } @mute), 0, 'the others are still waited for');
ok($t->pump(\@mute, sub { !grep { !$_->{closed} } @mute }, 8),
   'but not for ever');
my $took = time - $start;
cmp_ok($took, '>', 4.5, 'for five seconds');
cmp_ok($took, '<', 7, 'and no longer');

my $logged = () = $t->read('error.log') =~ /client did not answer the goodbye/g;
is($logged, 2, 'log says why');

$t->drop('news', 'a');

$t->finish;
