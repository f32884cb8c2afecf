#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A batch of more lines than a mailbox or the history holds reaches the subscribers
# of the worker that takes it whole, since it gives them their turns.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new(workers => 1)->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     16m;
        history  100 1s;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
            rt_buffer     4m;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my @subs = map { $t->subscribe('/events?topic=a') } 1 .. 8;

my $n = 12000;
my $lines = join '', map { "{\"topic\":\"a\",\"data\":$_}\n" } 1 .. $n;

my $job = $t->background(sub {
    my $r = $t->http('POST', '/publish', body => $lines,
                     headers => { 'Content-Type' => 'application/x-ndjson' },
                     timeout => 30);
    return [$r->{status}, scalar @{json($r->{body})->{ids}}];
});

ok($t->pump(\@subs, sub { !grep { $_->events < $n } @subs }, 20),
   'all subscribers have all lines');

is_deeply($t->pump(\@subs, $job, 10), [200, $n], 'batch was accepted');

my $bad = 0;

for my $sub (@subs) {
    my @data = map { $_->{data} } $sub->events;
    $bad += (@data != $n) + grep { $data[$_] != $_ + 1 } 0 .. $#data;
}

is($bad, 0, 'each line once and in order');

$t->finish;
