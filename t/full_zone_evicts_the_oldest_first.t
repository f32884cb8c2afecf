#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A full zone makes room by dropping the oldest messages of the stream, says so
# once, and works as before when there is room again.

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
        zone          256k;
        message_size  8k;
        history       10000 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /events {
            rt_subscribe  news $arg_topic;
            rt_start      oldest;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $pad = 'x' x 3000;

$t->publish('old', "$_ $pad") for 1 .. 5;

my $n = 0;
$t->publish('new', ++$n . " $pad")
    until $n == 200 || $t->status->{streams}{news}{counters}{evicted};

cmp_ok($n, '<', 200, 'the zone gets full');
cmp_ok($n, '>', 10, 'but not at once');

is(json($t->http('GET', '/publish?topic=new')->{body})->{messages}, $n,
   'none of the newer topic was dropped');
my $old = json($t->http('GET', '/publish?topic=old')->{body});
cmp_ok($old->{messages}, '<', 5, 'but some of the older one');

# messages of all sizes, many times what the zone holds

for (1 .. 300) {
    $t->publish('new', ++$n . ' ' . 'x' x ($_ * 37 % 8000));
}

is($t->http('GET', '/publish?topic=old')->{status}, 404,
   'the older topic is gone');

my $news = $t->status->{streams}{news};

ok($news->{zone}{full}, 'the status says that the zone is full');
is($news->{counters}{refused}, 0, 'no message was refused');
is($news->{counters}{published}, $n + 5, 'all were accepted');
is($news->{counters}{evicted} + $news->{messages}, $n + 5,
   'and were evicted or are there');
cmp_ok($news->{zone}{used}, '<=', $news->{zone}{size},
       'the zone did not grow');

my $sub = $t->subscribe('/events?topic=new');

# the subscriber has taken some room too

$news = $t->status->{streams}{news};

my @data = map { (split)[0] } $sub->data($news->{messages});

is("@data", join(' ', $n - $news->{messages} + 1 .. $n),
   'the newest messages are there, without a hole');

ok(wait_for(sub { warnings() }), 'the log says that the zone is full');
is(warnings(), 1, 'once');

# room again

$t->drop('news', 'new');
is($t->status->{streams}{news}{messages}, 0, 'the history was dropped');

my $evicted = $t->status->{streams}{news}{counters}{evicted};

$t->publish('new', "again $_") for 1 .. 20;

is(join(' ', $sub->data(20)), join(' ', map { "again $_" } 1 .. 20),
   'a subscriber got what came afterwards');
is($t->status->{streams}{news}{messages}, 20, 'which is kept');
is($t->status->{streams}{news}{counters}{evicted}, $evicted,
   'and evicted nothing');

$sub->close;
$t->drop('news', 'new');

$t->finish;


sub warnings {
    my $full = 'rt stream "news" is full, evicting the oldest messages';

    return scalar(() = $t->read('error.log') =~ /\[warn\].* $full/g);
}
