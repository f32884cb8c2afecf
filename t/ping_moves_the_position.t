#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client of a quiet topic learns by pings where the stream has come to, and
# resumes from there without a gap although other topics came and went.

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
            rt_ping       200ms;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $sub = $t->subscribe('/events?topic=quiet');
my $first = $sub->last_id;

my $id;

for (1 .. 20) {
    $id = $t->publish("other$_", 'x')->{id};
    $t->drop('news', "other$_");
}

ok($t->pump([$sub], sub { $sub->last_id eq $id }), 'a ping told the newest id');
$sub->close;
ok($t->wait_subscribers('news', 0), 'client is gone, and its topic');

$t->publish('quiet', 'missed');

my $back = $t->subscribe('/events?topic=quiet', last_id => $id);
is(join(' ', $back->data(1)), 'missed', 'it resumes without a gap');

my $gap = $t->subscribe('/events?topic=quiet', last_id => $first);
is($gap->event->{event}, 'rt.gap', 'from its first id it could not');

$_->close for $back, $gap;
$t->drop('news', 'quiet');

$t->finish;
