#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Who resumes and cannot be given all is told: in band with "rt.json", by
# closing with 4409 without it; who can be given all gets it.

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
        history  10 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
        }

        location = /publish {
            rt_publish  news $arg_topic event=$arg_event;
        }
    }
}

CONF

my @ids = map { $t->publish('a', "m$_")->{id} } 1 .. 20;

# the history holds 11 to 20

for my $uri ('/events', '/attached') {
    my $from = sub { "$uri?topic=a&last_event_id=$_[0]" };

    my $ws = $t->websocket($from->($ids[8]), protocol => 'rt.json');
    my $gap = $ws->json;
    my $position = $gap->{position};

    is_deeply($gap, { position => $position,
        gap => { after => $ids[8], resumed => $ids[10] } },
        "$uri: the gap has what was asked for and what comes first");
    is(join(' ', map { $ws->json->{data} } 1 .. 10),
       join(' ', map { "m$_" } 11 .. 20), "$uri: what there is follows");
    $ws->close;

    $ws = $t->websocket($from->($position), protocol => 'rt.json');
    is_deeply($ws->json, { position => $position },
              "$uri: the gap's position can be resumed from");
    is($ws->json->{data}, 'm11', "$uri: and nothing more is missing");
    $ws->close;

    for my $wrong ('nonsense', '1-', '-1', 'x-y', '99999999999999999999999-0') {
        $ws = $t->websocket($from->($wrong), protocol => 'rt.json');
        $gap = $ws->json;
        is($gap->{gap}{after}, '', "$uri: \"$wrong\" is no id");
        is($ws->json->{data}, 'm11', "$uri: all there is follows");
        $ws->close;

        $ws = $t->websocket($from->($wrong));
        is($ws->status, 101, "$uri: \"$wrong\", raw: accepted");
        is($ws->wait_close_code, 4409, "$uri: \"$wrong\", raw: but closed");
    }

    my $future = '99999999999999-5';
    $ws = $t->websocket($from->($future), protocol => 'rt.json');
    is($ws->json->{gap}{after}, $future, "$uri: an id that is not yet");
    is($ws->json->{data}, 'm11', "$uri: all there is follows");
    $ws->close;

    for my $id ($ids[8], $ids[0], '0-1', $future) {
        $ws = $t->websocket($from->($id));
        is($ws->status, 101, "$uri: raw, $id: accepted");
        is($ws->wait_close_code, 4409, "$uri: raw, $id: closed");
        ok(length $ws->close_reason, "$uri: raw, $id: the reason is said");
        ok(!$ws->messages, "$uri: raw, $id: without a message");
        ok(!$ws->{reset}, "$uri: raw, $id: cleanly");
    }

    for my $n (10, 11, 15, 19) {
        $ws = $t->websocket($from->($ids[$n - 1]));
        is(join(' ', $ws->data(20 - $n)),
           join(' ', map { "m$_" } $n + 1 .. 20), "$uri: raw, from $n: the rest");
        ok($ws->send_ping('x') || ${$ws->pong} eq 'x', "$uri: and stays open");
        $ws->close;
    }

    $ws = $t->websocket($from->($ids[19]));
    $ws->send_ping('still there');
    is(${$ws->pong || \''}, 'still there', "$uri: raw, complete: stays open");
    $ws->close;

    # a field wins over an argument, and what is empty is not there

    $ws = $t->websocket($from->($ids[0]),
                        headers => { 'Last-Event-ID' => $ids[17] });
    is(join(' ', $ws->data(2)), 'm19 m20', "$uri: a field wins");
    $ws->close;

    $ws = $t->websocket($from->(''));
    $ws->send_ping('new');
    is(${$ws->pong || \''}, 'new', "$uri: no id is no resume");
    ok(!$ws->messages, "$uri: and gets nothing old");
    $ws->close;
}

is($t->status->{streams}{news}{counters}{violations}, 0, 'no rule was broken');
$t->drop('news', 'a');

$t->finish;
