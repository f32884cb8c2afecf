#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Who joins after an id that the history does not reach any more is told of the
# gap before anything else of the topic; other topics are not touched by it.

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
        history  5 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /ws {
            rt_subscribe  news $arg_topic dynamic=a,b,c;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my @a = map { $t->publish('a', $_)->{id} } 1 .. 8;      # 4 .. 8 are there

my $ws = $t->websocket('/ws?topic=b', protocol => 'rt.json');
$ws->json;

my @b = map { $t->publish('b', $_)->{id} } 1 .. 20;
is(join(',', map { $ws->event->{data} } 1 .. 20), join(',', 1 .. 20),
   'it has its topic');

# what comes up to the ack and all the data behind it
sub join_after {
    my ($topic, $id) = @_;

    my (@gaps, @data, $ack);

    $ws->send_json({ subscribe => [$topic], after => $id, ref => 1 });

    while (my $m = $ws->json($ack ? 0.15 : 5)) {
        push @gaps, $m if exists $m->{gap};
        push @data, $m->{data} if exists $m->{topic};
        $ack = $m if exists $m->{ack};
        fail('an error: ' . $m->{error}) if exists $m->{error};
    }

    ok($ack, "joined $topic after $id");
    $ws->send_json({ unsubscribe => [$topic], ref => 2 });
    is($ws->json->{ack}, 2, 'and left');

    return (\@gaps, \@data);
}

my ($gaps, $data) = join_after('a', $a[2]);
is(scalar(@$gaps), 0, 'after the last that is gone: no gap');
is("@$data", '4 5 6 7 8', 'the history comes');

($gaps, $data) = join_after('a', $a[5]);
is(scalar(@$gaps), 0, 'in the middle: no gap');
is("@$data", '7 8', 'the rest comes');

($gaps, $data) = join_after('a', $a[7]);
is(scalar(@$gaps), 0, 'after the newest: no gap');
is("@$data", '', 'nothing comes');

($gaps, $data) = join_after('a', $b[19]);
is(scalar(@$gaps), 0, 'after an id of another topic: no gap');
is("@$data", '', 'nothing comes');

($gaps, $data) = join_after('a', $a[1]);
is(scalar(@$gaps), 1, 'after what is gone: a gap');
is($gaps->[0]{gap}{after}, $a[1], 'after this id');
is($gaps->[0]{gap}{resumed}, $a[3], 'up to the oldest there is');
like($gaps->[0]{position}, qr/^\d+-\d+$/, 'with a position');
is("@$data", '4 5 6 7 8', 'the history comes');

($gaps, $data) = join_after('a', '1-1');
is(scalar(@$gaps), 1, 'after a very old id: a gap');
is("@$data", '4 5 6 7 8', 'the history comes');

my ($ms) = $b[-1] =~ /^(\d+)/;
($gaps, $data) = join_after('a', ($ms + 1_000_000) . '-0');
is(scalar(@$gaps), 1, 'after an id that is not yet: a gap');
is("@$data", '4 5 6 7 8', 'all there is comes');

($gaps, $data) = join_after('c', $a[0]);
is(scalar(@$gaps), 0, 'a topic that never was: no gap');
is("@$data", '', 'nothing comes');

# the other topic has lost more than the position goes back, and knows it

is($ws->status, 101, 'it is still there');
$t->publish('b', 'live');
is($ws->event->{data}, 'live', 'the other topic goes on');
ok($ws->silent(0.1), 'with nothing twice');

is($t->status->{streams}{news}{counters}{gaps}, 3, 'gaps are counted');

$t->drop('news', 'a', 'b');
$t->finish;
