#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A batch publishes its lines one by one, and the answer lists their ids.

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
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $sub = $t->subscribe('/events?topic=a,b,c');

my $r = batch('', map { qq({"topic":"$_->[0]","data":"$_->[1]"}\n) }
                  [qw(a 1)], [qw(b 2)], [qw(c 3)], [qw(a 4)], [qw(b 5)]);

is($r->{published}, 5, 'five lines were published');
is(@{$r->{ids}}, 5, 'and have ids');

my @events = map { $sub->event } 1 .. 5;

is(join(' ', map { $_->{data} } @events), '1 2 3 4 5',
   'subscriber got them in order');
is(join(' ', map { $_->{id} } @events), join(' ', @{$r->{ids}}),
   'with the ids of the answer');

# empty lines, CRLF, no end of line, other members

$r = batch('a', "\n \t\r\n", qq({"data":"x"}\r\n), "\n",
           qq( {"event":"tick", "more":1, "data":"y\\nz", "topic":"a"} ));

is($r->{published}, 2, 'empty lines are passed over');

@events = map { $sub->event } 1 .. 2;
is($events[0]{data}, 'x', 'a line without a topic goes to that of the URL');
is($events[1]{data}, "y\nz", 'JSON escapes are decoded');
is($events[1]{event}, 'tick', 'a line may have an event type');

is_deeply(batch('a', ''), { published => 0, ids => [] },
          'no line is no message');

# data that is not a string

my @json = ('{"a":{"b":[1,2,{"c":null}]},"z":true,"d":""}', '[1,"x",-7]', '12',
            '-1.5', 'true', 'false', 'null', '{}', '[]', '"\u00e9\u0000"',
            '""', '{"last":"\u20ac","first":9007199254740993}');

$r = batch('b', map { qq({"data": $_ }\n) } @json);
is($r->{published}, @json, 'data may be any JSON');

my @expected = @json;
@expected[9 .. 11] = ("\xc3\xa9\0", '',
                      "{\"last\":\"\xe2\x82\xac\",\"first\":9007199254740993}");

for (@expected) {
    is($sub->event->{data}, $_, 'subscriber got ' . s/\0/\\0/r);
}

batch('c', qq({"data": { "spaces" : [ 1 , 2 ] } }\n));
is($sub->event->{data}, '{"spaces":[1,2]}', 'JSON is compact');

my @many = map { qq({"data":"$_"}\n) } 1 .. 50;
is(batch('c', @many)->{published}, 50, 'a large batch is published');
is(join(' ', $sub->data(50)), join(' ', 1 .. 50), 'in order');

$t->finish;


sub batch {
    my ($topic, @lines) = @_;

    my $r = $t->http('POST', "/publish?topic=$topic", body => join('', @lines),
        headers => { 'Content-Type' => 'application/x-ndjson; charset=utf-8' });

    die "$r->{status} $r->{body}" if $r->{status} != 200;

    return json($r->{body});
}
