#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A body larger than "message_size" is refused, however it comes.

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
        message_size  5000;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /publish {
            rt_publish  news $arg_topic;
        }

        location = /file {
            rt_publish                news $arg_topic;
            client_body_in_file_only  clean;
        }

        location = /nginx {
            rt_publish            news $arg_topic;
            client_max_body_size  1k;
        }
    }
}

CONF

for my $uri (qw(/publish /file)) {
    for my $chunked (0, 1) {
        my $kind = ($chunked ? 'chunked' : 'with a length') . " to $uri";

        is(post($uri, 5000, $chunked)->{status}, 200,
           "a body of message_size, $kind, is accepted");

        for my $size (5001, 100000) {
            my $r = post($uri, $size, $chunked);

            is($r->{status}, 413, "a body of $size bytes, $kind, is 413");
            is(json($r->{body})->{error},
               'message is larger than "message_size"', 'and says why');
        }
    }
}

is(post('/nginx', 1025)->{status}, 413, 'client_max_body_size holds as well');

is($t->status->{streams}{news}{messages}, 4, 'nothing else was kept');
is($t->status->{streams}{news}{counters}{published}, 4, 'or published');

$t->finish;


sub post {
    my ($uri, $size, $chunked) = @_;

    my $body = 'x' x $size;

    return $t->http('POST', "$uri?topic=a", body => $body) if !$chunked;

    return http_parse($t->raw("POST $uri?topic=a HTTP/1.1\r\n"
        . "Host: localhost\r\nConnection: close\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n"
        . sprintf("%x\r\n%s\r\n0\r\n\r\n", $size, $body)));
}
