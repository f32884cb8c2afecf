#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# An event type comes from "event=", and is refused if it could break the event
# stream or pass for one of ours.

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
            rt_publish  news $arg_topic event=$http_x_event;
        }

        location = /fixed {
            rt_publish  news $arg_topic event=tick-$arg_n;
        }
    }
}

CONF

my $sub = $t->subscribe('/events?topic=a');

my $no_text = 'event type is not UTF-8 or has a control character';

my @wrong = (
    ['x' x 256, 'event type is longer than 255 bytes', 'longer than allowed'],
    ["a\tb", $no_text, 'with a tab'],
    ["a\x7f", $no_text, 'with DEL'],
    ["a\xc2\x85b", $no_text, 'with U+0085'],
    ["\xff", $no_text, 'that is not UTF-8'],
    ['rt.gap', 'event type begins with "rt.", which is reserved', 'of ours'],
    ['rt.', 'event type begins with "rt.", which is reserved', 'like ours'],
);

for (@wrong) {
    my ($event, $reason, $name) = @$_;
    my $r = post($event);

    is($r->{status}, 400, "an event type $name is refused");
    is(json($r->{body})->{error}, $reason, 'and the answer says why');
}

is($t->status->{streams}{news}{messages}, 0, 'nothing was published');

my @right = ('x' x 255, 'rt', 'rtx', 'a b', "caf\xc3\xa9", 'a:b', 'RT.x');

for (@right) {
    post($_);
    is($sub->event->{event}, $_, 'subscriber got event type '
                                 . (length > 20 ? 'of 255 bytes' : "\"$_\""));
}

post(undef);
is($sub->event->{event}, 'message', 'no type is the default type');

post('');
is($sub->event->{event}, 'message', 'an empty type is the default type');

$t->publish('a', 'x', uri => '/fixed');
is($sub->event->{event}, 'tick-', 'text and variables make a type');

$t->finish;


sub post {
    my ($event) = @_;

    return $t->http('POST', '/publish?topic=a', body => 'x',
        headers => { defined $event ? ('X-Event' => $event) : () });
}
