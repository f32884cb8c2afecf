#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A topic is there as long as it has a subscriber or a message.

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
        history  100 1s;
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

sub topic { $t->status("?topic=$_[0]")->{streams}{news} }
sub topics { $t->status->{streams}{news}{topics} }

is(topic('a'), undef, 'topic is unknown');

my @subs = map { $t->subscribe('/events?topic=a') } 1 .. 6;
is(topic('a')->{subscribers}, 6, 'topic comes with its subscribers');
is(topic('a')->{messages}, 0, 'and without messages');

$_->close for @subs;
ok(wait_for(sub { !defined topic('a') }), 'and goes with the last of them');

$t->publish('b', 'one');
is(topic('b')->{messages}, 1, 'topic comes with a message');
is(topics(), 1, 'there is one topic');

my $sub = $t->subscribe('/events?topic=b');

ok(wait_for(sub { topic('b')->{messages} == 0 }), 'message goes in time');
is(topics(), 1, 'topic stays for its subscriber');

$sub->close;
ok(wait_for(sub { topics() == 0 }), 'and goes with it');

$t->publish('c', 'one');
ok(wait_for(sub { topics() == 0 }), 'a topic goes with its last message');

is($t->http('GET', '/publish?topic=b')->{status}, 404, 'topic is not found');

$t->finish;
