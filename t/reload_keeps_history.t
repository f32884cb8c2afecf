#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Topics, history and ids outlive a reload.

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

my @ids = map { $t->publish('a', "m$_")->{id} } 1 .. 5;

ok($t->reload, 'nginx was reloaded');

my $info = json($t->http('GET', '/publish?topic=a')->{body});
is($info->{messages}, 5, 'messages are there');
is($info->{oldest}, $ids[0], 'with their ids');

my $sub = $t->subscribe('/events?topic=a', last_id => $ids[1]);
is(join(' ', $sub->data(3)), 'm3 m4 m5', 'client resumes on a new worker');

my $id = $t->publish('a', 'm6')->{id};
is($t->id_cmp($id, $ids[4]), 1, 'ids go on increasing');
is(join(' ', $sub->data(1)), 'm6', 'new messages follow');

is($t->status->{streams}{news}{counters}{gaps}, 0, 'no gap was told');
is($t->status->{streams}{news}{counters}{published}, 6,
   'counters go on, too');

$sub->close;
$t->drop('news', 'a');

$t->finish;
