#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# After thousands of messages that were passed, answered or refused, for clients
# that stay and for others that leave, a worker is no larger than after some.

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
        zone     1m;
        history  10 1s;
    }

    upstream self {
        server     127.0.0.1:%%PORT_1%%;
        keepalive  8;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /return {
            rt_subscribe  news $arg_topic;
            rt_receive    pass /answer;
            rt_identity   $arg_user;
        }

        location = /proxy {
            rt_subscribe  news $arg_topic;
            rt_receive    pass /backend;
            rt_identity   $arg_user;
        }

        location = /large {
            rt_subscribe  news $arg_topic;
            rt_receive    pass /too/large;
        }

        location = /error {
            rt_subscribe  news $arg_topic;
            rt_receive    pass /no/such;
        }

        location = /publish {
            rt_subscribe  news $arg_topic;
            rt_receive    pass /internal;
        }

        location = /answer {
            return  200 "$rt_identity $rt_topic";
        }

        location = /backend {
            proxy_pass          http://self;
            proxy_http_version  1.1;
            proxy_set_header    Connection "";
        }

        location = /too/large {
            subrequest_output_buffer_size  16;
            return  200 "this is more than there is room for";
        }

        location = /internal {
            internal;
            rt_publish  news $rt_topic;
        }
    }

    server {
        listen  127.0.0.1:%%PORT_1%%;
        return  200 "answer";
    }
}

CONF

my ($pid) = $t->worker_pids;
my @uris = ('/return', '/proxy', '/large', '/error', '/publish');
my %ws = map { $_ => $t->websocket("$_?topic=a$_&user=joe") } @uris;

my $scale = $ENV{RT_SANITIZE} ? 10 : 1;
my $total = 0;

sub calls {
    my ($n) = @_;

    for my $uri (@uris) {
        my $ws = $ws{$uri};
        my $want = $uri eq '/publish' ? 2 * $n : $n;
        my $bytes = join '', map { $ws->frame(1, 'x' x ($_ % 300)) } 1 .. $n;
        my $got = 0;

        while (length $bytes) {
            $ws->send_raw(substr $bytes, 0, 4096, '');
            $ws->pump(0);
        }

        $got += () = $ws->data($want);
        is($got, $want, "$uri: $n messages are answered");
        $total += $n;
    }

    for my $uri (@uris) {
        for (1 .. $n / 20) {
            my $ws = $t->websocket("$uri?topic=a$uri&user=joe");
            $ws->send_raw($ws->frame(1, 'gone') x 3);
            $ws->close;
        }
    }

    ok($t->wait_subscribers('news', scalar @uris), 'clients left');

    # they got what the others published

    $ws{$_}->pump(0), $ws{$_}{messages} = [] for @uris;
}

calls(500 / $scale);
my $rss = $t->rss($pid);

calls(1000 / $scale) for 1 .. 3;
my $rss2 = $t->rss($pid);

SKIP: {
    skip 'memory is not given back under a sanitizer', 1 if $ENV{RT_SANITIZE};
    cmp_ok($rss2 - $rss, '<', 1 << 20, "a worker did not grow by $total calls");
}

$t->finish;
