#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# While the backend is slow a client that goes on sending is not read: its writes
# block and the worker does not grow.  When the backend goes on, nothing has been
# lost.

use strict;
use warnings;

use Errno qw(EAGAIN);
use Socket qw(SOL_SOCKET SO_SNDBUF);
use Test::More;
use Time::HiRes qw(sleep time);

use lib 't/lib';
use Test::RT;
use Test::RT::Backend;

my $t = Test::RT->new(workers => 1);

my $backend = Test::RT::Backend->new($t, sub {
    sleep 0.01 while !-e $t->dir . '/go';
    return (200, substr $_[0]{body}, 0, 10);
});

$t->conf(<<'CONF' =~ s/%%BACKEND%%/$backend->port/ger)->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone          1m;
        history       100 1h;
        message_size  16k;
    }

    server {
        listen  127.0.0.1:%%PORT%% rcvbuf=16k;

        location = /ws {
            rt_subscribe  news $arg_topic;
            rt_receive    pass /backend;
            rt_ping       600ms;
        }

        location = /backend {
            internal;
            proxy_pass        http://127.0.0.1:%%BACKEND%%;
            proxy_set_header  X-Number $arg_n;
        }
    }
}

CONF

my ($pid) = $t->worker_pids;

# writes what a socket takes, for so long; an answer to a ping would block, and
# be in the middle of a frame

sub fill {
    my ($clients, $time) = @_;

    my $end = time + $time;

    while (time < $end) {
        for my $c (@$clients) {
            next if $c->{bytes} eq '';
            local $SIG{PIPE} = 'IGNORE';
            my $n = syswrite $c->{ws}{socket}, $c->{bytes};

            if ($n) {
                substr $c->{bytes}, 0, $n, '';
                $c->{sent} += $n;

            } elsif (!defined $n && $! != EAGAIN) {
                die "write: $!";
            }
        }

        $_->{ws}->pump(0) for @$clients;
        sleep 0.01;
        last if !grep { length $_->{bytes} } @$clients;
    }
}

my @cases = (
    ['small', 3, 20_000, sub { sprintf '%09d', $_[0] }],
    ['large', 2, 50, sub { sprintf '%09d' . 'x' x 16000, $_[0] }],
);

for (@cases) {
    my ($name, $n, $messages, $text) = @$_;

    unlink $t->dir . '/go';

    my @clients = map {
        my $ws = $t->websocket('/ws?topic=a', mute => 1);
        setsockopt $ws->{socket}, SOL_SOCKET, SO_SNDBUF, 16384;
        { ws => $ws, sent => 0,
          bytes => join '', map { $ws->frame(1, $text->($_)) } 1 .. $messages }
    } 1 .. $n;

    my $all = length $clients[0]{bytes};
    my $rss = $t->rss($pid);

    fill(\@clients, 3);

    my ($most) = sort { $b <=> $a } map { $_->{sent} } @clients;

    cmp_ok($most, '<', $all / 2, "$name: writes block, after $most of $all");

    SKIP: {
        skip 'memory is not given back under a sanitizer', 1
            if $ENV{RT_SANITIZE};
        cmp_ok($t->rss($pid) - $rss, '<', 2 << 20,
               "$name: the worker does not grow");
    }

    is($t->status->{streams}{news}{counters}{silent}, 0,
       "$name: who is not read is not taken for dead");

    # who waits gets messages all the same, and the close frame

    $t->write('go', '');

    my $end = time + 8 * $Test::RT::PATIENCE;
    my $few = $name eq 'small' ? 40 : $messages;

    while (time < $end
           && grep { scalar($_->{ws}->messages) < $few } @clients)
    {
        fill(\@clients, 0.05);
    }

    for my $c (@clients) {
        my @got = map { $_->{data} } $c->{ws}->messages;
        my $ok = @got >= $few;
        substr($got[$_ - 1], 0, 9) == $_ or $ok = 0 for 1 .. @got;
        ok($ok, "$name: messages came in order, none was lost")
            or diag(scalar @got);
    }

    is($t->status->{streams}{news}{counters}{rejected}, 0,
       "$name: none was refused");

    $_->{ws}->close for @clients;
}

$t->finish;
