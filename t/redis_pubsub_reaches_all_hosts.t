#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A message that is published through one host reaches the subscribers of all,
# once each, also those of workers that a reload has left behind.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $conf = <<'CONF';

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  1000 1h;
        redis    %%REDIS%% pubsub channel=my:;
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

my $t = Test::RT->new->conf($conf)->run;
my $u = Test::RT->new(redis => $t->redis)->conf($conf)->run;
$_->wait_redis for $t, $u;

my @subs = map { my $host = $_; map { $host->subscribe('/events?topic=a') }
                                1 .. 4 } $t, $u;

my $answer = $t->publish('a', 1);
is($answer->{id}, undef, 'an answer has no id');

$u->publish('a', 2);
$t->redis->cli('PUBLISH', 'my:a', 3);
is(join(' ', $_->data(3)), '1 2 3', 'all have all') for @subs;

ok($t->reload, 'a host is reloaded');

# who has no subscribers has gone, and one of those who stay follows

ok(wait_for(sub {
    my $s = $t->status->{streams}{news};
    my @follow = grep { $_->{state} eq 'ready' } $t->links('news', 'follower');

    @follow == 1 && !grep { $_->{generation} < $s->{generation}
                            && !$_->{subscribers}{sse} } @{$s->{workers}};
}, 10), 'and followed on');

push @subs, map { $t->subscribe('/events?topic=a') } 1 .. 4;

$t->publish_again('a', 4);
$u->publish('a', 5);

# and of a gap, if another worker follows now

for my $sub (@subs) {
    my @data;

    while (my $e = $sub->event(@data < 2 ? 5 : 0.02)) {
        push @data, $e->{data} if $e->{event} ne 'rt.gap';
    }

    is("@data", '4 5', 'old workers and new ones have all, and nothing else');
}

$_->close for @subs;
$_->drop('news', 'a') for $t, $u;

$u->finish(more => 1);
$t->finish;
