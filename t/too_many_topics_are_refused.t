#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# "topics" limits how many there are at once: what would make one more is
# refused, and may be tried again.

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
        topics   3;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $sub = $t->subscribe('/events?topic=a');
$t->publish($_, 'x') for qw(a b c);

my $r = $t->http('POST', '/publish?topic=d', body => 'x');

is($r->{status}, 503, 'a message to one topic too many is refused');
like($r->{headers}{'retry-after'}, qr/^\d+$/, 'with Retry-After');
is(json($r->{body})->{error}, 'stream has no room', 'and a reason');

# 503 would end an EventSource for good

for (qw(1.1 1.0)) {
    my $refused = $t->subscribe('/events?topic=d', version => $_, nowait => 1);

    ok(wait_for(sub { !$refused->pump(0.1) || $refused->{ended} }),
       "a subscriber over HTTP/$_ is turned away");
    is($refused->status, 200, 'with 200');
    is($refused->headers->{'content-type'}, 'text/event-stream',
       'as an event stream');
    is($refused->{retry}, 10000, 'and told when to come back');
    is($refused->{id}, undef, 'without an id');
}

my $some = $t->subscribe('/events?topic=a,d', version => '1.0', nowait => 1);
ok($some->wait_close, 'a list with one topic too many is turned away');

my $news = $t->status->{streams}{news};

is($news->{topics}, 3, 'there are as many topics as before');
is($news->{counters}{refused}, 4, 'the status counts what was refused');
is($news->{subscribers}{sse}, 1, 'and one subscriber');

is($t->publish('a', 'y')->{subscribers}, 1, 'known topics go on');
is(join(' ', $sub->data(2)), 'x y', 'subscriber got the messages');

$t->drop('news', 'b');

is($t->http('POST', '/publish?topic=d', body => 'x')->{status}, 200,
   'when a topic has gone another may come');

$sub->close;
$t->drop('news', qw(a c d));

$t->finish;
