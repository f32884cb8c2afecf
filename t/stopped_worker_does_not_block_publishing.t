#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A worker that reads nothing holds mail, but not the zone: publishing goes on,
# and its subscribers are told what they missed when it goes on, too.

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
        zone     1m;
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

my @clients = map { $t->client('/events?topic=a') } 1 .. 16;
$t->pump(\@clients, sub { !grep { !$_->primed } @clients });

my $p = $t->publisher;
$p->publish('a', '0 first');

my ($other) = grep { !$_->{counters}{published} }
              @{$t->status->{streams}{news}{workers}};
cmp_ok($other->{subscribers}{sse}, '>', 0, 'other worker has subscribers');

kill 'STOP', $other->{pid};

my $published = 0;

eval {
    for my $n (0 .. 39) {
        my @numbers = map { $n * 100 + $_ } 1 .. 100;
        $p->batch(map { ['a', "$_ " . 'x' x 250] } @numbers);
        $published += 100;
    }
};

is($published, 4000, 'twice what fits was published') or diag($@);

cmp_ok($t->status->{streams}{news}{messages}, '>', 1000,
       'only as much was evicted as had to be');

kill 'CONT', $other->{pid};

$p->publish('a', '4001 last');

ok($t->pump(\@clients, sub {
    !grep { !$_->got || ($_->got)[-1]{data} ne '4001 last' } @clients;
}, 10), 'all have the newest message');

my $bad = 0;

for my $c (@clients) {
    my @numbers = map { $_->{data} =~ /^(\d+)/ } $c->got;
    my $holes = grep { $numbers[$_] != $numbers[$_ - 1] + 1 } 1 .. $#numbers;

    $bad++ if $holes > $c->gaps
        || grep { $numbers[$_] <= $numbers[$_ - 1] } 1 .. $#numbers;
}

is($bad, 0, 'whatever is missing was told');

$_->close for @clients;
$t->drop('news', 'a');

$t->finish;
