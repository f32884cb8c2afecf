#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A worker that does not read its mail for long is not sent any more; it catches
# up from the history.

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
        zone     16m;
        history  10000 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
            client_body_buffer_size  64k;
        }
    }
}

CONF

my @subs = map { $t->subscribe("/events?topic=$_") }
           ('a') x 12, ('b,a') x 12;

# the worker that has this connection goes on

my $p = $t->publisher;
$p->publish('a', 'a 0');

my ($other) = grep { !$_->{counters}{published} }
              @{$t->status->{streams}{news}{workers}};

cmp_ok($other->{subscribers}{sse}, '>', 0, 'other worker has subscribers');

kill 'STOP', $other->{pid};

for my $n (0 .. 11) {
    my @numbers = map { $n * 500 + $_ } 1 .. 500;
    $p->batch(map { [$_ % 3 ? 'a' : 'b', "$_"] } @numbers);
}

kill 'CONT', $other->{pid};

my @all = ('a 0', 1 .. 6000);
my %expected = (
    'a' => join(' ', grep { /a/ || $_ % 3 } @all),
    'b,a' => "@all",
);

ok($t->pump(\@subs, sub {
    !grep { $_->events < ($_->{uri} =~ /b/ ? 6001 : 4001) } @subs;
}, 15), 'all messages came');

is((grep {
    my ($topics) = $_->{uri} =~ /topic=(.*)/;
    join(' ', map { $_->{data} } $_->events) ne $expected{$topics};
} @subs), 0, 'each once and in order');

is($t->status->{streams}{news}{counters}{gaps}, 0, 'no gap was told');

$_->close for @subs;
$t->drop('news', qw(a b));

$t->finish;
