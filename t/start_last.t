#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# With "rt_start last=n" a client without an id begins with the newest n
# messages of all its topics together.

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
        history  4 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }

        location = /last {
            rt_subscribe  news $arg_topic;
            rt_start      last=3;
        }

        location = /more {
            rt_subscribe  news $arg_topic;
            rt_start      last=1000;
        }
    }
}

CONF

$t->publish(qw(a b c)[$_ % 3], "m$_") for 1 .. 20;

my %expected = (
    '/last?topic=a' => 'm12 m15 m18',
    '/last?topic=a,b,c' => 'm18 m19 m20',
    '/last?topic=c,a' => 'm17 m18 m20',
    '/more?topic=b' => 'm10 m13 m16 m19',
    '/more?topic=a,b' => 'm9 m10 m12 m13 m15 m16 m18 m19',
    '/last?topic=none' => '',
);

my @subs;

for my $uri (sort keys %expected) {
    my $sub = $t->subscribe($uri);
    my $n = () = $expected{$uri} =~ /m/g;

    is(join(' ', $sub->data($n)), $expected{$uri}, "start of $uri");
    ok($sub->silent(0.05), 'and nothing else');


    my $back = $t->subscribe($uri, last_id => $sub->last_id);
    ok($back->silent(0.05), 'who comes back does not start again');

    push @subs, $sub, $back if $uri =~ /=.*a/;
}

$t->publish('a', 'new');

is((grep { join(' ', $_->data(1)) ne 'new' } @subs), 0, 'what is new follows');

is($t->status->{streams}{news}{counters}{gaps}, 0, 'no gap was told');

$_->close for @subs;
$t->drop('news', qw(a b c none));

$t->finish;
