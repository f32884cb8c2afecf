#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A topic that breaks a rule is refused, and the answer says which rule.

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

my %wrong = (
    '' => 'topic is empty',
    'a' x 256 => 'topic is longer than 255 bytes',
    '%61' x 256 => 'topic is longer than 255 bytes',
    '%C3%A9' x 128 => 'topic is longer than 255 bytes',
    'a%00b' => 'topic has a control character',
    'a%0Ab' => 'topic has a control character',
    '%1F' => 'topic has a control character',
    '%7F' => 'topic has a control character',
    '%C2%80' => 'topic has a control character',
    'a%C2%9F' => 'topic has a control character',
    '%FF' => 'topic is not UTF-8',
    'a%C3' => 'topic is not UTF-8',
    '%C3a' => 'topic is not UTF-8',
    '%C0%AF' => 'topic is not UTF-8',
    '%ED%A0%80' => 'topic is not UTF-8',
    '%F4%90%80%80' => 'topic is not UTF-8',
    '%2561' => 'topic has a percent sign after it was decoded',
    'a%25' => 'topic has a percent sign after it was decoded',
    'a%2Cb' => 'topic has a comma',
    'a%2' => 'topic has a percent sign without two hexadecimal digits',
    'a%' => 'topic has a percent sign without two hexadecimal digits',
    '%zz' => 'topic has a percent sign without two hexadecimal digits',
    '%+1' => 'topic has a percent sign without two hexadecimal digits',
);

my %wrong_list = (
    ',' => 'topic is empty',
    'a,' => 'topic is empty',
    ',a' => 'topic is empty',
    'a,,b' => 'topic is empty',
    'a,%FF' => 'topic is not UTF-8',
);

for (sort keys %wrong) {
    my $name = length > 40 ? substr($_, 0, 12) . '...' : "\"$_\"";

    is(refusal('GET', "/events?topic=$_"), "400 $wrong{$_}",
       "subscribing to $name is refused");
    is(refusal('POST', "/publish?topic=$_"), "400 $wrong{$_}",
       "publishing to $name is refused");
}

for (sort keys %wrong_list) {
    is(refusal('GET', "/events?topic=$_"), "400 $wrong_list{$_}",
       "subscribing to \"$_\" is refused");
}

is(refusal('POST', '/publish?topic=a,b'),
   '400 a message is published to one topic', 'a list is no topic to publish');
is(refusal('GET', '/publish?topic='), '400 topic is empty',
   'describing is refused too');
is(refusal('DELETE', '/publish?topic=%FF'), '400 topic is not UTF-8',
   'dropping is refused too');
is(refusal('GET', '/events'), '400 topic is empty',
   'a topic that is missing is empty');

is($t->status->{streams}{news}{topics}, 0, 'no topic came into being');

for ('a', 'a' x 255, '%61' x 255, 'a+b', '%20', '%C2%A0', '%F4%8F%BF%BF',
     'caf%c3%a9', 'a/b.c;d:e')
{
    my $name = length > 40 ? substr($_, 0, 12) . '...' : "\"$_\"";
    my $sub = $t->subscribe("/events?topic=$_");

    $t->publish($_, 'yes');
    is($sub->event->{data}, 'yes', "topic $name is accepted");
}

$t->finish;


sub refusal {
    my ($method, $uri) = @_;

    my $r = $t->http($method, $uri, $method eq 'POST' ? (body => 'x') : ());

    return $r->{status} if $r->{status} != 400;
    return $r->{headers}{'content-type'}
        if $r->{headers}{'content-type'} ne 'application/json';
    return "400 " . json($r->{body})->{error};
}
