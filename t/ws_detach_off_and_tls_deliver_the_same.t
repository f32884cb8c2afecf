#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Attached or not, with TLS or without: greetings, messages of any size, what
# the client sends, resume and goodbye are the same.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new->certificate->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone          16m;
        history       100 1h;
        message_size  256k;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        listen  127.0.0.1:%%PORT_1%% ssl;

        ssl_certificate      %%DIR%%/cert.pem;
        ssl_certificate_key  %%DIR%%/key.pem;

        client_body_buffer_size  256k;
        rt_receive               publish;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my @ways = (
    ['detached', '/events'], ['attached', '/attached'],
    ['over TLS', '/events', ssl => 1, port => $t->port(1)],
    ['attached, over TLS', '/attached', ssl => 1, port => $t->port(1)],
);

my @raw = map { my ($name, $uri, @opt) = @$_;
                $t->websocket("$uri?topic=a", @opt) } @ways;
my @json = map { my ($name, $uri, @opt) = @$_;
                 $t->websocket("$uri?topic=a", @opt, protocol => 'rt.json') }
           @ways;

for my $i (0 .. $#ways) {
    my $name = $ways[$i][0];
    my $h = $raw[$i]->headers;

    is(join(' ', map { "$_:$h->{$_}" } grep { !/^date$/ } sort keys %$h),
       join(' ', map { "$_:" . $raw[0]->headers->{$_} } grep { !/^date$/ }
            sort keys %{$raw[0]->headers}), "$name: the same header");
    ok($json[$i]->json->{position}, "$name: a greeting");
}

# an access log line tells if the request has been left behind

ok(wait_for(sub {
    my $lines = () = $t->read('access.log') =~ m{"GET /events.* 101 }g;
    $lines == 4;
}), 'detached ones have left their request behind');
unlike($t->read('access.log'), qr{/attached}, 'attached ones have not');

my @data = map { my $n = $_; join '', map { chr(65 + ($_ + $n) % 26) } 1 .. $n }
           1, 125, 126, 1000, 16383, 16384, 16385, 65535, 65536;
my @ids;

for my $data (@data) {
    push @ids, $t->publish('a', $data)->{id};

    for my $i (0 .. $#ways) {
        my $name = "$ways[$i][0], " . length($data) . ' bytes';

        ok((($raw[$i]->data(1))[0] // '') eq $data, "$name: raw");

        my $m = $json[$i]->json // {};
        ok(($m->{data} // '') eq $data && $m->{id} eq $ids[-1],
           "$name: rt.json");
    }
}

# what clients send reaches all

for my $i (0 .. $#ways) {
    my $name = $ways[$i][0];
    my $data = "$name " . 'y' x 20000;

    $raw[$i]->send_text($data);

    for my $j (0 .. $#ways) {
        ok((($raw[$j]->data(1))[0] // '') eq $data,
           "$name: what it sends comes $ways[$j][0]");
        ok((($json[$j]->json // {})->{data} // '') eq $data, '... as rt.json');
    }

    $json[$i]->send_json({ topic => 'a', data => $name, ref => $i });
    my %answers = map { my $m = $json[$i]->json // {};
                        (exists $m->{ack} ? 'ack' : 'data') => $m } 1, 2;
    is($answers{ack}{ack}, $i, "$name: what it sends is acknowledged");
    is($answers{data}{id}, $answers{ack}{id}, "$name: with the id");

    for my $j (0 .. $#ways) {
        is(($raw[$j]->data(1))[0], $name, "... and comes $ways[$j][0]");
        $json[$j]->json if $j != $i;
    }
}

for my $i (0 .. $#ways) {
    my ($name, $uri, @opt) = @{$ways[$i]};

    my $back = $t->websocket("$uri?topic=a&last_event_id=$ids[4]", @opt);
    is_deeply([map { length } $back->data(4)], [map { length } @data[5 .. 8]],
              "$name: client resumes");

    $_->send_close(1000) for $back, $raw[$i], $json[$i];
    is(join(' ', map { $_->wait_close_code } $back, $raw[$i], $json[$i]),
       '1000 1000 1000', "$name: says goodbye and is answered");
    $_->close for $back, $raw[$i], $json[$i];
}

ok(wait_for(sub {
    my $lines = () = $t->read('access.log') =~ m{"GET /attached.* 101 }g;
    $lines == 6;
}), 'attached ones are logged at their end');

$t->drop('news', 'a');

$t->finish;
