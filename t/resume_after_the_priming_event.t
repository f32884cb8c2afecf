#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client has an id before it has any message, so one that drops in between
# misses nothing.

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

my $sub = $t->subscribe('/events?topic=a,b');

like($sub->last_id, qr/^\d+-\d+$/, 'the header is followed by an id');
is(scalar $sub->events, 0, 'which is no event');

my $id = $sub->last_id;
$sub->close;
ok($t->wait_subscribers('news', 0), 'client is gone');

$t->publish('b', 'one');
$t->publish('a', 'two');

my $back = $t->subscribe('/events?topic=a,b', last_id => $id);
is(join(' ', $back->data(2)), 'one two', 'client got what it missed');

$t->publish('b', 'three');
is(join(' ', $back->data(1)), 'three', 'and what followed');
ok($back->silent(0.1), 'and nothing else');

$back = $t->subscribe('/events?topic=c', last_id => $id);
ok($back->silent(0.1), 'in a topic without messages there is no gap');

$t->drop('news', qw(a b));

$t->finish;
