#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Each response begins with the time after which a client should come back.

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
        history  1000 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;
        rt_retry  3500ms;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }

        location = /own {
            rt_subscribe  news $arg_topic;
            rt_retry      100ms;
        }
    }

    server {
        listen  127.0.0.1:%%PORT_1%%;

        location = /default {
            rt_subscribe  news $arg_topic;
        }
    }
}

CONF

my %expected = ('/events' => 3500, '/own' => 100, '/default' => 2000);

for my $uri (sort keys %expected) {
    my $port = $t->port($uri eq '/default' ? 1 : 0);
    my $s = $t->connect(port => $port);
    my $answer = '';

    $s->syswrite("GET $uri?topic=a HTTP/1.0\r\n\r\n");
    sysread $s, $answer, 4096, length $answer until $answer =~ /^id: .*\n\n/m;

    like($answer, qr/\r\n\r\nretry: $expected{$uri}\nid: \d+-\d+\n\n$/,
         "$uri begins with its retry time and an id");
}

my $id = $t->subscribe('/own?topic=a', last_id => 'x');
is($id->{retry}, 100, 'it is told with a gap, too');

$t->finish;
