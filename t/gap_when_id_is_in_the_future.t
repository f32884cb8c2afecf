#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# An id that was not given yet is another server's: the client gets a gap and
# all there is, and nothing that comes is skipped.

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
my ($ms, $seq) = split /-/, $ids[2];

for my $future ("$ms-" . ($seq + 1), ($ms + 3600000) . '-0',
                '18446744073709551615-18446744073709551615')
{
    my $sub = $t->subscribe('/events?topic=a', last_id => $future);
    my ($gap, $id) = gap($sub);

    is_deeply($gap, { after => $future, resumed => $ids[0] },
              "id $future is a gap");
    is(join(' ', $sub->data(3)), 'm1 m2 m3', 'all there is follows');

    my $back = $t->subscribe('/events?topic=a', last_id => $id);
    is(join(' ', $back->data(3)), 'm1 m2 m3', 'and can be resumed');
}

my $sub = $t->subscribe('/events?topic=b', last_id => ($ms + 3600000) . '-7');
gap($sub);

$t->publish('b', 'new');
is(join(' ', $sub->data(1)), 'new', 'new message is not skipped');

$t->drop('news', qw(a b));

$t->finish;
