#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# DELETE drops the history of a topic, and who has not seen it is told.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

sub gap {
    my ($sub) = @_;

    my $e = $sub->event or return;
    is($e->{event}, 'rt.gap', 'first event is a gap');
    return (json($e->{data}), $e->{id});
}

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

my $live = $t->subscribe('/events?topic=a');
my @ids = map { $t->publish('a', "m$_")->{id} } 1 .. 5;

my $r = $t->http('DELETE', '/publish?topic=a');
is($r->{status}, 200, 'history was dropped');
is(json($r->{body})->{dropped}, 5, 'answer says how many messages');

is(join(' ', $live->data(5)), 'm1 m2 m3 m4 m5', 'subscriber had them');

my $sub = $t->subscribe('/events?topic=a', last_id => $ids[1]);
my ($gap, $id) = gap($sub);
is($gap->{after}, $ids[1], 'client that missed some is told of the gap');

my $exact = $t->subscribe('/events?topic=a', last_id => $ids[4]);

$t->publish('a', 'm6');

for ($sub, $exact, $live, $t->subscribe('/events?topic=a', last_id => $id)) {
    is(join(' ', $_->data(1)), 'm6', 'next message comes to all');
}

$_->close for $live, $sub, $exact;
$t->drop('news', 'a');
is($t->http('DELETE', '/publish?topic=none')->{status}, 404,
   'there is nothing to drop in an unknown topic');

$t->finish;
