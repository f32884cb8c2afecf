#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A bad line ends a batch: the answer has its number, the reason, and what was
# published before it.

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
        history       1000 1s;
        message_size  1k;
        topics        4;
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

my $sub = $t->subscribe('/events?topic=a,b');
my $large = 'x' x 1025;
my $n = 0;

my $unreadable = 'line is not JSON, or repeats a name,'
    . ' or has a number of more than 64 bits';

my @wrong = (
    ['nothing', 400, $unreadable],
    ['{"data":"x"', 400, $unreadable],
    ['{"data":"x"} {}', 400, $unreadable],
    ['{"data":18446744073709551616}', 400, $unreadable],
    ['[{"data":"x"}]', 400, 'line is not a JSON object'],
    ['"x"', 400, $unreadable],
    ["{\"data\":\"\xff\"}", 400, $unreadable],
    ['{"data":1,"data":2}', 400, $unreadable],
    ['{"topic":"a"}', 400, '"data" is missing'],
    ['{"topic":5,"data":1}', 400, '"topic" is not a string'],
    ['{"topic":null,"data":1}', 400, '"topic" is not a string'],
    ['{"topic":"","data":1}', 400, 'topic is empty', ''],
    ['{"data":1}', 400, 'topic is empty', ''],
    ['{"topic":"","data":1}', 400, '"topic" is not the one of this location'],
    ['{"topic":"b","data":1}', 400, '"topic" is not the one of this location'],
    ['{"topic":"a,b","data":1}', 400, 'topic has a comma', ''],
    ['{"topic":"a%62","data":1}', 400,
     'topic has a percent sign after it was decoded', ''],
    ['{"topic":"a\u0000","data":1}', 400, 'topic has a control character', ''],
    ['{"topic":"a\u0085","data":1}', 400, 'topic has a control character', ''],
    ['{"event":5,"data":1}', 400, '"event" is not a string'],
    ['{"event":"a\nid: 7","data":1}', 400,
     'event type is not UTF-8 or has a control character'],
    ['{"event":"rt.gap","data":1}', 400,
     'event type begins with "rt.", which is reserved'],
    [qq({"data":"$large"}), 413, 'message is larger than "message_size"'],
    [qq({"data":["$large"]}), 413, 'message is larger than "message_size"'],
    ['{"topic":"c","data":1}', 200, undef, ''],
    ['{"topic":"d","data":1}', 200, undef, ''],
    ['{"topic":"e","data":1}', 503, 'stream has no room', ''],
);

for (@wrong) {
    my ($line, $status, $reason, $topic) = @$_;

    $n++;
    my $r = $t->http('POST', '/publish?topic=' . ($topic // 'a'),
        body => "{\"topic\":\"a\",\"data\":\"before $n\"}\n\n$line\n"
                . "{\"topic\":\"a\",\"data\":\"after $n\"}\n",
        headers => { 'Content-Type' => 'application/x-ndjson' });

    my $name = length($line) > 40 ? 'a large line' : $line;
    my $json = json($r->{body});

    is($r->{status}, $status, "$name is $status");
    is(($sub->data(1, 1))[0], "before $n", 'what is before it is published');
    is($r->{headers}{'retry-after'}, $status == 503 ? 1 : undef,
       'Retry-After is for those that may try again');

    if ($status == 200) {
        is(($sub->data(1, 1))[0], "after $n", 'and what is after it');
        next;
    }

    is($json->{error}, $reason, 'the answer says why');
    is($json->{line}, 3, 'and where');
    is($json->{published}, 1, 'and how many lines were published');
    is_deeply($json->{ids}, [$sub->last_id], 'and their ids');
}

$t->publish('a', 'end');
is(($sub->data(1, 1))[0], 'end', 'what was after a bad line never came');

$t->finish;
