#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client's close frame is answered with its code, then the connection ends;
# what comes behind it does not matter.

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
        zone          4m;
        history       1 1s;
        message_size  4k;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        rt_receive  publish;

        location = /events {
            rt_subscribe  news $connection;
        }

        location = /attached {
            rt_subscribe  news $connection;
            rt_detach     off;
        }
    }
}

CONF

my $frame = 'Test::RT::WebSocket';
my @codes = (1000 .. 1003, 1007 .. 1014, 3000, 3999, 4000, 4999);

for my $uri ('/events', '/attached') {
    for my $code (@codes) {
        my $ws = $t->websocket($uri);
        $ws->send_close($code, 'a reason');
        is($ws->wait_close_code, $code, "$uri: $code is sent back");
    }

    my $ws = $t->websocket($uri);
    $ws->send_close;
    is($ws->wait_close_code, 1005, "$uri: no code is answered by none");
    is($ws->close_reason, '', "$uri: and no reason");

    $ws = $t->websocket($uri);
    $ws->send_close(1000, "\xe2\x82\xac" x 41);
    is($ws->wait_close_code, 1000, "$uri: the longest reason is taken");

    my $close = $frame->frame(8, pack('n', 3001) . 'bye');

    for my $at (1 .. length($close) - 1) {
        $ws = $t->websocket($uri);
        $ws->{said_close} = 1;
        $ws->send_cut($close, $at);
        is($ws->wait_close_code, 3001, "$uri: the frame is cut at $at");
    }

    $ws = $t->websocket($uri);
    $ws->{said_close} = 1;
    $ws->send_raw($ws->frame(1, 'in a ', fin => 0) . $ws->frame(8, ''));
    is($ws->wait_close_code, 1005, "$uri: a message may be left open");
    ok(!$ws->messages, "$uri: it is never complete");

    # a message, a ping, a violation, a second close frame behind it

    for my $more ($frame->frame(1, 'late'), $frame->frame(9, 'late'), "\xff\xff",
                  $close)
    {
        my $c = $t->websocket($uri);
        $c->{said_close} = 1;
        $c->send_raw($frame->frame(1, 'early') . $frame->frame(9, 'early')
                     . $frame->frame(8, pack 'n', 1000) . $more);

        is($c->wait_close_code, 1000, "$uri: what is behind does not matter");
        is("@{$c->{pongs}}", 'early', "$uri: what is before is answered");
        ok(!$c->{reset}, "$uri: the connection ends cleanly");
    }
}

my $s = $t->status->{streams}{news}{counters};
is($s->{violations}, 0, 'no rule was broken');
is($s->{published}, 8, 'what came before was published, and nothing else');

$t->finish;
