#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client may leave while its message is under way to a backend: what it sent
# before a goodbye arrives, nothing arrives twice, and nothing is left of it.

use strict;
use warnings;

use Socket qw(SOL_SOCKET SO_LINGER);
use Test::More;
use Time::HiRes qw(sleep);

use lib 't/lib';
use Test::RT;
use Test::RT::Backend;

my $t = Test::RT->new;

my $backend = Test::RT::Backend->new($t, sub {
    sleep 0.1;
    return (200, 'answer');
});

$t->conf(<<'CONF' =~ s/%%BACKEND%%/$backend->port/ger)->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     1m;
        history  100 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /ws {
            rt_subscribe  news $arg_topic;
            rt_receive    pass /backend;
            rt_identity   $arg_user;
        }

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_receive    pass /backend;
            rt_identity   $arg_user;
            rt_detach     off;
        }

        location = /backend {
            internal;
            proxy_pass  http://127.0.0.1:%%BACKEND%%;
        }
    }
}

CONF

my $rounds = 25;
my %ways = (
    'closes' => sub { $_[0]->send_close(1000) },
    'is gone' => sub { $_[0]->close },
    'is reset' => sub {
        my $s = delete $_[0]{socket};
        $_[0]{closed} = 1;
        setsockopt $s, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
        close $s;
    },
    'breaks the protocol' => sub { $_[0]->send_raw('xx') },
    'leaves in a frame' => sub {
        $_[0]->send_raw(substr $_[0]->frame(1, 'x' x 1000), 0, 500);
        $_[0]->close;
    },
);

my @open;

for my $round (1 .. $rounds) {
    for my $way (sort keys %ways) {
        for my $uri ('/ws', '/attached') {
            my $ws = $t->websocket("$uri?topic=a&user=joe");

            # the first is passed, the others wait or not

            $ws->send_text($_) for "first $round $way $uri", (2) x ($round % 20);
            $ws->pump(0);
            sleep 0.01 if $round % 5 == 0;

            $ways{$way}->($ws);
            push @open, $ws if !$ws->{closed};
        }
    }
}

$t->pump(\@open, sub { !grep { !$_->{closed} } @open }, 10);
is(scalar(grep { !$_->{closed} } @open), 0, 'who said goodbye was closed');

# who said goodbye did so after its messages; what others sent may be lost

my @missing;
wait_for(sub {
    my %got = map { $_->{body} => 1 } $backend->requests;
    @missing = grep { !$got{$_} } map { ("first $_ closes /ws",
                                         "first $_ closes /attached") }
               1 .. $rounds;
    !@missing;
}, 10);

is_deeply(\@missing, [], 'what was sent before a goodbye arrived');

my %n;
$n{$_->{body}}++ for grep { $_->{body} =~ /^first/ } $backend->requests;
is_deeply([grep { $n{$_} > 1 } keys %n], [], 'and nothing twice');

ok($t->wait_subscribers('news', 0), 'nobody is left');

my $ws = $t->websocket('/ws?topic=a');
$ws->send_text('hello');
is(($ws->data(1))[0], 'answer', 'another client is answered');

$t->finish;
