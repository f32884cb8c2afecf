#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A failover loses entries that were acknowledged and not yet read here:
# subscribers are told of a gap, though later ids are larger.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new;

my $master = $t->redis;
my $replica = Test::RT::Redis->new(dir => $t->dir . '/replica',
    replicaof => ['127.0.0.1', $master->port])->start;

$t->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  1000 1h;
        redis    %%PROXY%% timeout=10s probe=60s;
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

$t->wait_redis;

my $sub = $t->subscribe('/events?topic=a');
my $kept = $t->publish('a', 'kept')->{id};
is($sub->event->{id}, $kept, 'a message is delivered');

ok(wait_for(sub { $replica->cli('XLEN', 'rt:{news}') == 1 }, 10),
   'the replica has it');

# from now on it has no more

$replica->cli('REPLICAOF', 'NO', 'ONE');
$t->proxy->stall_replies_to('XREAD');

my @lost = map { $t->publish('a', "lost $_")->{id} } 1 .. 3;
is(@lost, 3, 'messages are acknowledged that the follower has not read');

$t->proxy->to($replica->port);
my $new = $replica->add('rt:{news}', 'a', 'new');
is($t->id_cmp($new, $lost[-1]), 1, 'the new master gives larger ids');

$t->proxy->cut;
$t->proxy->pass;

my $gap = $sub->event(15);
is($gap->{event}, 'rt.gap', 'a gap is told');
like($gap->{data}, qr/"after":"$kept"/, 'after the last message');

is($sub->event->{id}, $new, 'then what the new master has');

my $resumed = $t->subscribe('/events?topic=a', last_id => $kept);
is($resumed->event->{event}, 'rt.gap', 'who resumes is told as well');

$_->close for $sub, $resumed;
$t->drop('news', 'a');

$t->finish;
