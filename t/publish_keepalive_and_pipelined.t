#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# One connection carries many posts, one after another or all at once.

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
        zone          1m;
        history       100 1s;
        message_size  1k;
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

# keepalive

my $s = $t->connect;
my @ids;

for (1 .. 10) {
    $s->syswrite(post("keepalive $_"));
    push @ids, json(answer($s)->{body})->{id};
}

is(join(' ', $sub->data(10)), join(' ', map { "keepalive $_" } 1 .. 10),
   'subscriber got what was posted one after another');

# pipelined, among them what is refused and what is chunked

my $chunked = "POST /publish?topic=a HTTP/1.1\r\nHost: localhost\r\n"
    . "Transfer-Encoding: chunked\r\n\r\n7\r\nchunked\r\n0\r\n\r\n";

$s->syswrite(join '', (map { post($_) } 1 .. 20), $chunked,
             post('x' x 1025), post('y', '/publish?topic='),
             "GET /publish?topic=a HTTP/1.1\r\nHost: localhost\r\n\r\n",
             post('last'));

my @answers = map { answer($s) } 1 .. 25;

is(join(' ', map { $_->{status} } @answers),
   join(' ', ('200') x 21, 413, 400, 200, 200),
   'all were answered, each with its own status');

push @ids, map { json($_->{body})->{id} } @answers[0 .. 20, 24];

is(join(' ', $sub->data(22)), join(' ', 1 .. 20, 'chunked', 'last'),
   'subscriber got what was pipelined, in order');

is(json($answers[23]{body})->{messages}, 31,
   'GET in the pipeline saw what was before it');

my $n = grep { later(@ids[$_ - 1, $_]) } 1 .. $#ids;
is($n, $#ids, 'ids increase in the order of the answers');

$t->finish;


sub post {
    my ($body, $uri) = @_;

    return 'POST ' . ($uri // '/publish?topic=a') . " HTTP/1.1\r\n"
        . "Host: localhost\r\nContent-Length: " . length($body)
        . "\r\n\r\n$body";
}

# takes one response from a connection that stays

sub answer {
    my ($s) = @_;

    my $head = '';
    local $/ = "\n";
    local $SIG{ALRM} = sub { die "no answer: $head" };
    alarm 10;

    while (defined(my $line = <$s>)) {
        $head .= $line;
        last if $line eq "\r\n";
    }

    my ($len) = $head =~ /^Content-Length: (\d+)/m;
    CORE::read $s, my $body, $len // 0;
    alarm 0;

    return http_parse($head . ($body // ''));
}

sub later {
    my ($ms, $seq, $next_ms, $next_seq) = map { split /-/ } @_;

    return $next_ms > $ms || ($next_ms == $ms && $next_seq > $seq);
}
