#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# An id that is none is a gap, never an error: an error would end an EventSource
# for good.

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

my @ids = map { $t->publish('a', "m$_")->{id} } 1 .. 3;

for my $id ('x', '1', '1-', '-1', '1-2-3', '1-2x', ' ', '+1-2', "\xff",
            '18446744073709551616-0', '0x10-1', '9' x 1000)
{
    my $sub = $t->subscribe('/events?topic=a', last_id => $id);
    is($sub->status, 200, 'answer is 200 for ' . substr $id, 0, 30);

    if ($id eq ' ') {
        ok($sub->silent(0.1), 'an empty id is none');
        next;
    }

    my ($gap, $next) = gap($sub);
    is_deeply($gap, { after => '', resumed => $ids[0] }, 'it is a gap');
    is(join(' ', $sub->data(3)), 'm1 m2 m3', 'all there is follows');

    my $back = $t->subscribe('/events?topic=a', last_id => $next);
    is(join(' ', $back->data(3)), 'm1 m2 m3', 'and can be resumed');
}

my $sub = $t->subscribe('/events?topic=a&last_event_id=%22%3C');
gap($sub);

$t->drop('news', 'a');

$t->finish;
