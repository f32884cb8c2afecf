#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# The body of a POST arrives as it is, but for line ends, which event streams
# have no way to tell apart.

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
        history       1000 1s;
        message_size  64k;
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

my $long = join '', map { chr(32 + $_ * 7 % 95) } 1 .. 65536;
my $utf8 = "\xd0\xbf\xe2\x82\xac\xf0\x9f\x98\x80";

# a message is kept in pieces from 2 KB on, one for each page of 4 KB

my @lengths = (1, 2, 255, 256, 1000, 1900 .. 2060, 4000, 4060 .. 4100,
               8190 .. 8194, 65535, 65536);

my @bodies = (
    'plain', '', ' ', '  two spaces', ':', ': colon', 'a: b', 'id: 7',
    'data: x', "event: x", "\t", 'trailing ', "\n", "\n\n", "a\n", "\na",
    "a\nb", "a\rb", "a\r\nb", "a\r\r\nb\n\rc", "\r", "\r\n", "a\n\n\nb",
    "a\n b\n: c\n", $utf8, "\xef\xbb\xbfbom", $utf8 x 1000, "nul\0nul",
    "\x01\x7f\xff\xfe", '{"json":"\u00e9\n"}', "line\r\n" x 2000,
    (map { 'x' x $_ . "\r\n" . 'y' x 5000 } 4070 .. 4090),
);

is(verbatim('short', @bodies), '', 'any text arrives');
is(verbatim('long', map { substr $long, 0, $_ } @lengths), '',
   'any length up to message_size arrives');

$t->finish;


# publishes to two kinds of subscribers; what did not arrive, in short

sub verbatim {
    my ($topic, @bodies) = @_;

    my @subs = map { $t->subscribe("/events?topic=$topic", version => $_) }
               qw(1.1 1.0);

    for (@bodies) {
        $t->publish($topic, $_);
    }

    my $wrong = '';

    for my $body (@bodies) {
        my $expected = $body =~ s/\r\n?/\n/gr;

        for my $sub (@subs) {
            my $e = $sub->event or return "$wrong end";
            next if $e->{data} eq $expected;

            $wrong .= length($body) . ' bytes: '
                . unpack('H*', substr $e->{data}, 0, 20) . "\n";
        }
    }

    return $wrong;
}
