#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A body that nginx wrote to a file is published like any other.

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
        zone     1m;
        history  100 1s;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish               news $arg_topic;
            client_body_buffer_size  1k;
        }

        location = /file {
            rt_publish                news $arg_topic;
            client_body_in_file_only  clean;
        }

        location = /single {
            rt_publish                    news $arg_topic;
            client_body_in_single_buffer  on;
            client_body_buffer_size       64k;
        }
    }
}

CONF

my $sub = $t->subscribe('/events?topic=a');
my $text = join ' ', 1 .. 12000;

my @cases = (
    ['/publish', 60000, 'larger than the buffer'],
    ['/publish', 1025, 'a byte larger than the buffer'],
    ['/publish', 1024, 'as large as the buffer'],
    ['/file', 60000, 'always written to a file'],
    ['/file', 1, 'of one byte in a file'],
    ['/file', 0, 'that is empty'],
    ['/single', 60000, 'in a single buffer'],
);

for (@cases) {
    my ($uri, $len, $name) = @$_;
    my $body = substr $text, 0, $len;

    $t->publish('a', $body, uri => $uri);
    ok($sub->event->{data} eq $body, "subscriber got a body $name");
}

my $batch = '{"data":"' . 'x' x 3000 . "\"}\n";

my $r = $t->http('POST', '/publish?topic=a', body => $batch x 10,
                 headers => { 'Content-Type' => 'application/x-ndjson' });

is(json($r->{body})->{published}, 10, 'a batch in a file is published');
is(join('', $sub->data(10)), 'x' x 30000, 'subscriber got the batch');

my $spooled = () = $t->read('error.log') =~ /buffered to a temporary file/g;
cmp_ok($spooled, '>=', 4, 'bodies were in files');

is_deeply([glob "$t->{dir}/client_body/*"], [], 'no file is left');

$t->finish;
