#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A worker that is told to exit in the middle of a large batch publishes all of
# it and answers before it goes.

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
        history  10 1s;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /publish {
            rt_publish            news $arg_topic;
            client_max_body_size  32m;
        }
    }
}

CONF

my $n = 200_000;
my $lines = "{\"topic\":\"a\",\"data\":1}\n" x $n;

my $job = $t->background(sub {
    my $r = $t->http('POST', '/publish', body => $lines, timeout => 30,
                     headers => { 'Content-Type' => 'application/x-ndjson' });
    return [$r->{status}, eval { json($r->{body})->{published} } // 0];
});

ok(wait_for(sub {
    $t->status->{streams}{news}{counters}{published} > 0;
}, 10), 'the batch has begun');

ok($t->reload, 'nginx reloaded');

is_deeply($t->pump([], $job, 20), [200, $n], 'the batch was answered whole');
is($t->status->{streams}{news}{counters}{published}, $n,
   'and each line was published');

$t->finish;
