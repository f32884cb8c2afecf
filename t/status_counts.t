#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# The status counts subscribers, topics, messages, memory and what was done.

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
        history  100 1h;
    }

    rt_stream chat {
        zone     2m;
        history  off;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /chat {
            rt_subscribe  chat $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }

        location = /status {
            rt_status;
        }
    }
}

CONF

my $before = $t->status;
my $news = $before->{streams}{news};

like($before->{version}, qr/^\d+\.\d+/, 'there is a version');
like($before->{nginx}, qr/^1\.\d+\.\d+$/, 'and that of nginx');
is_deeply([sort keys %{$before->{streams}}], [qw(chat news)],
          'both streams are there');
is($news->{broker}, 'local', 'with their broker');
cmp_ok($news->{zone}{size}, '<=', 1024 * 1024, 'the size of the zone');
cmp_ok($news->{zone}{size}, '>', 900 * 1024, 'is about what was asked for');
ok(!$news->{zone}{full}, 'which is not full');
is(sum($news->{subscribers}), 0, 'no subscribers');
is_deeply($news->{subscribers}, { websocket => 0, sse => 0 }, 'of any transport');
is($news->{$_}, 0, "no $_") for qw(topics messages);

is_deeply([sort keys %{$news->{counters}}],
          [qw(delivered evicted forbidden gaps published received refused
              rejected silent skipped slow unconfirmed violations wakeups)],
          'all counters are there');
is(sum($news->{counters}), 0, 'and zero');

is(@{$news->{workers}}, 2, 'both workers are listed');
is_deeply([sort { $a <=> $b } map { $_->{worker} } @{$news->{workers}}],
          [0, 1], 'with their numbers');
ok(!(grep { !kill 0, $_->{pid} } @{$news->{workers}}), 'and pids');
ok(!(grep { $_->{generation} != $news->{generation} } @{$news->{workers}}),
   'of the current generation');

my @subs = map { $t->subscribe('/events?topic=a,b') } 1 .. 6;
$t->subscribe('/chat?topic=a');

my @ids = map { $t->publish($_, 'x' x 1000)->{id} } qw(a b a a c);
$_->data(4) for @subs;

ok(wait_for(sub {
    $news = $t->status->{streams}{news};
    $news->{counters}{delivered} == 24;
}), 'each message to each subscriber is a delivery');

is($news->{subscribers}{sse}, 6, 'subscribers are counted');
is($news->{topics}, 3, 'topics are');
is($news->{messages}, 5, 'messages are');
is($news->{counters}{published}, 5, 'published ones too');
is($news->{last_id}, $ids[-1], 'the last id is known');
cmp_ok($news->{zone}{used}, '>=', $before->{streams}{news}{zone}{used} + 5000,
       'memory in use has grown');

for my $kind (qw(published delivered wakeups)) {
    my $sum = 0;
    $sum += $_->{counters}{$kind} for @{$news->{workers}};
    is($sum, $news->{counters}{$kind}, "workers add up to what is $kind");
}

my $workers = 0;
$workers += $_->{subscribers}{sse} for @{$news->{workers}};
is($workers, 6, 'and to the subscribers');

is($t->status->{streams}{chat}{subscribers}{sse}, 1,
   'another stream has its own');
is($t->status->{streams}{chat}{counters}{published}, 0, 'counters');

$t->subscribe('/events?topic=a', last_id => '1-1');
is($t->status->{streams}{news}{counters}{gaps}, 1, 'a gap is counted');

$_->close for @subs;
$t->drop('news', qw(a b c));

$t->finish;


sub sum {
    my $n = 0;

    $n += $_ for values %{$_[0]};

    return $n;
}
