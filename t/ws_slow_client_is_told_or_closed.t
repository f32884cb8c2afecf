#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client that fell behind the history is closed with 1013, or with "rt_slow
# skip" told of the gap by "rt.json" and closed with 4409 without it; what
# came before is complete.

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
        zone     16m;
        history  20 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport sndbuf=16k;
        rt_buffer  64k;

        location = /close {
            rt_subscribe  news $arg_topic;
        }

        location = /skip {
            rt_subscribe  news $arg_topic;
            rt_slow       skip;
        }

        location = /publish {
            rt_publish  news $arg_topic;
            client_body_buffer_size  64k;
        }
    }
}

CONF

my %expected = (
    'close, rt.json' => 1013, 'close, raw' => 1013,
    'skip, rt.json' => undef, 'skip, raw' => 4409,
);

my %ws;

for my $name (sort keys %expected) {
    my ($uri, $protocol) = split /, /, $name;

    $ws{$name} = $t->websocket("/$uri?topic=a", rcvbuf => 4096,
        $protocol eq 'raw' ? () : (protocol => 'rt.json'));
}

my $p = $t->publisher;
my @ids = map { $p->publish('a', "$_ " . 'x' x 20000)->{id} } 1 .. 200;

for my $name (sort keys %expected) {
    my $ws = $ws{$name};
    my (@numbers, @gaps, $after);

    ok($t->pump([$ws], sub {
        for my $m (splice @{$ws->{messages}}) {
            my $text = $m->{data};
            my $object = $name =~ /json/ ? json($text) : undef;

            if ($object && $object->{gap}) {
                push @gaps, $object;
                push @numbers, 'gap';

            } elsif (!$object || $object->{data}) {
                $text = $object->{data} if $object;
                push @numbers, $text =~ /^(\d+)/;
            }
        }

        return $ws->{closed} || @numbers && $numbers[-1] eq '200';
    }, 10), "$name: comes to an end");

    is($ws->{close_code}, $expected{$name}, "$name: closed or not");

    my @before = grep { $_ <= 200 } map { $_ eq 'gap' ? 999 : $_ } @numbers;
    my ($run) = join(' ', @numbers) =~ /^([\d ]+?)(?: gap|$)/;
    my @run = split / /, $run;

    is("@run", join(' ', 1 .. @run), "$name: what came first is complete");
    cmp_ok(scalar @run, '>', 1, "$name: and not nothing");

    if (defined $expected{$name}) {
        is(scalar @gaps, 0, "$name: there is no gap in band");
        cmp_ok(scalar @run, '<', 200, "$name: not all came");
        ok(length $ws->close_reason, "$name: the reason is said");

    } else {
        cmp_ok(scalar @gaps, '>=', 1, "$name: told of the gap");
        is($numbers[-1], 200, "$name: the newest came");

        my $gap = $gaps[-1];
        my %at = map { $ids[$_] => $_ + 1 } 0 .. $#ids;
        my ($i) = grep { $numbers[$_] eq 'gap' } reverse 0 .. $#numbers;

        is($at{$gap->{gap}{after}}, $numbers[$i - 1],
           "$name: after what came before");
        is($at{$gap->{gap}{resumed}}, $numbers[$i + 1],
           "$name: resumed with what comes next");
    }

    $ws->close;
}

cmp_ok($t->status->{streams}{news}{counters}{slow}, '>=', 4,
       'slow ones were counted');

$t->drop('news', 'a');

$t->finish;
