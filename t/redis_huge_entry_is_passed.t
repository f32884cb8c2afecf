#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# An entry that is larger than any answer may be does not stop the stream.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $conf = <<'CONF';

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone          4m;
        history       1000 1h;
        message_size  1k;
        redis         %%REDIS%%;
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

my $t = Test::RT->new->conf($conf)->run;

$t->wait_redis;

my $sub = $t->subscribe('/events?topic=a');

$t->redis->add('rt:{news}', 'a', 'x' x 12_000_000);
$t->redis->add('rt:{news}', 'a', 'after');
is(($sub->data(1))[0], 'after', 'what follows is delivered');

my $s;
ok(wait_for(sub {
    $s = $t->status->{streams}{news};
    $s->{counters}{skipped} == 1;
}, 5), 'the entry is counted');
like($t->read('error.log'), qr/\[warn\].*is skipped: it is too large/,
     'and the log tells');

my $id = $t->publish_again('a', 'more')->{id};
is($sub->event->{id}, $id, 'it goes on');

# while it is the first entry, or the last one

$t->redis->cli('XTRIM', 'rt:{news}', 'MAXLEN', 3);
my @ids = map { $t->redis->add('rt:{news}', 'a', "m$_") } 1 .. 5;
is(join(' ', $sub->data(5)), 'm1 m2 m3 m4 m5', 'whatever XINFO says');

# a host that starts begins behind it

my $u = Test::RT->new(redis => $t->redis)->conf($conf)->run;
ok($u->wait_redis, 'another host is ready');
my $other = $u->subscribe('/events?topic=a', port => $u->port,
                          last_id => $ids[2]);
is(join(' ', $other->data(2)), 'm4 m5', 'and has the history behind it');

$t->redis->cli('XTRIM', 'rt:{news}', 'MAXLEN', 0);
$t->redis->add('rt:{news}', 'a', 'x' x 12_000_000);
my $last = $t->publish_again('a', 'last')->{id};
is($other->event->{data}, 'last', 'whether it is the first entry');
is($sub->event->{data}, 'last', 'or the last one');

$other->close;
$u->drop('news', 'a');
$u->finish(more => 1);

$sub->close;
$t->drop('news', 'a');

$t->finish;
