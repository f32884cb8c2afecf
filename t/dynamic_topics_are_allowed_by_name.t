#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client of rt.json may join the topics that "dynamic" allows, by prefixes or
# by a regular expression, and leave them; a command is done as a whole or not at
# all.

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
        history  100 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        rt_topics_max  4;

        location = /prefix {
            rt_subscribe  news $arg_topic dynamic=room.,user;
        }

        location = /regex {
            rt_subscribe  news $arg_topic "dynamic=~^room\d{1,3}$";
            rt_receive    publish;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

sub command {
    my ($ws, $text) = @_;
    $ws->send_text($text);
    return $ws->json || {};
}

sub refused {
    my ($ws, $text, $want) = @_;
    my $m = command($ws, $text);
    like($m->{error} // 'none', $want, "$text: refused");
    ok(exists $m->{ref}, '... with a ref');
}

# prefixes

my $ws = $t->websocket('/prefix', protocol => 'rt.json');
like($ws->json->{position}, qr/^\d+-\d+$/, 'a client may come with no topic');

is_deeply(command($ws, '{"subscribe":["room.1"],"ref":"x"}'),
          { ack => 'x', topics => 1 }, 'it joins one');
is_deeply(command($ws, '{"subscribe":["user","user7"],"ref":2}'),
          { ack => 2, topics => 3 }, 'and some more');
is_deeply(command($ws, '{"subscribe":["user7","room.1"]}'),
          { ack => undef, topics => 3 }, 'what it has it does not join again');
is_deeply(command($ws, '{"subscribe":[]}'), { ack => undef, topics => 3 },
          'no topic at all is no mistake');

for (qw(room.1 user user7)) {
    $t->publish($_, "for $_");
    is($ws->event->{data}, "for $_", "messages of $_ come, once");
}

refused($ws, '{"subscribe":["room"]}', qr/not allowed/);
refused($ws, '{"subscribe":["news"],"ref":1}', qr/not allowed/);
refused($ws, '{"subscribe":["xroom.1"]}', qr/not allowed/);
refused($ws, '{"subscribe":["user8","no"]}', qr/not allowed/);
refused($ws, '{"subscribe":[""]}', qr/./);
refused($ws, '{"subscribe":["user\u0000"]}', qr/./);
refused($ws, '{"subscribe":["user,room.2"]}', qr/./);
refused($ws, '{"subscribe":["user' . 'x' x 1000 . '"]}', qr/./);
refused($ws, '{"subscribe":[1]}', qr/not a string/);
refused($ws, '{"subscribe":["user8",null]}', qr/not a string/);
refused($ws, '{"subscribe":"user8"}', qr/not an array/);
refused($ws, '{"subscribe":{}}', qr/not an array/);
refused($ws, '{"subscribe":null}', qr/not an array/);
refused($ws, '{"unsubscribe":"user"}', qr/not an array/);
refused($ws, '{"unsubscribe":["user",1]}', qr/not a string/);
refused($ws, '{"subscribe":["user8"],"unsubscribe":["user"]}', qr/two/);
refused($ws, '{"subscribe":["user8"],"after":"x"}', qr/not an id/);
refused($ws, '{"subscribe":["user8"],"after":5}', qr/not an id/);
refused($ws, '{"subscribe":["user8"],"after":null}', qr/not an id/);
refused($ws, '{"subscribe":["user8"],"after":""}', qr/not an id/);
refused($ws, '{"subscribe":["user8"],"after":"1-2-3"}', qr/not an id/);

# the limit

is_deeply(command($ws, '{"subscribe":["user8"],"ref":1}'),
          { ack => 1, topics => 4 }, 'as many topics as are allowed');
refused($ws, '{"subscribe":["user9"],"ref":1}', qr/rt_topics_max/);
refused($ws, '{"subscribe":["user","user9"],"ref":1}', qr/rt_topics_max/);
refused($ws, '{"subscribe":["user","user","user","user","user"],"ref":1}',
        qr/rt_topics_max/);
is_deeply(command($ws, '{"subscribe":["user","user8","room.1"],"ref":1}'),
          { ack => 1, topics => 4 }, 'those it has are not counted twice');

# to leave

is_deeply(command($ws, '{"unsubscribe":["user8","nothing","user"],"ref":3}'),
          { ack => 3, topics => 2 }, 'it leaves, also what it has not joined');
$t->publish($_, "late for $_") for qw(user user8 room.1);
is($ws->event->{data}, 'late for room.1', 'nothing comes of what was left');
is_deeply(command($ws, '{"unsubscribe":["room.1","user7"]}'),
          { ack => undef, topics => 0 }, 'it may leave all');
$t->publish('room.1', 'none');
ok($ws->silent(0.1), 'then nothing comes at all');
is_deeply(command($ws, '{"subscribe":["room.1"]}'),
          { ack => undef, topics => 1 }, 'and come back');
$t->publish('room.1', 'back');
is($ws->event->{data}, 'back', 'to new messages only');

# commands are no messages: where those are not accepted they still are

$ws->send_json({ data => 1, ref => 1 });
is($ws->wait_close_code, 1008, 'a message that is no command is closed');

# a regular expression

$ws = $t->websocket('/regex?topic=lobby', protocol => 'rt.json');
$ws->json;

is_deeply(command($ws, '{"subscribe":["room7","room42"],"ref":1}'),
          { ack => 1, topics => 3 }, 'topics that match are joined');
refused($ws, "{\"subscribe\":[\"$_\"],\"ref\":1}", qr/not allowed/)
    for qw(room room1234 xroom1 room1x lobby2 lobby);

$ws->send_json({ topic => 'room42', data => 'hi', ref => 9 });
my @m = map { $ws->json } 1 .. 2;
is((grep { ($_->{ack} // '') eq '9' } @m), 1, 'it may publish to them');
is((grep { ($_->{data} // '') eq 'hi' } @m), 1, 'and receives that');
is_deeply(command($ws, '{"unsubscribe":["room42","lobby"],"ref":1}'),
          { ack => 1, topics => 1 }, 'what it came with may be left too');
refused($ws, '{"topic":"room42","data":1,"ref":1}', qr/not one of this/);
refused($ws, '{"topic":"lobby","data":1,"ref":1}', qr/not one of this/);
is_deeply(command($ws, '{"unsubscribe":["room7"],"ref":1}'),
          { ack => 1, topics => 0 }, 'with no topic');
refused($ws, '{"data":1,"ref":1}', qr/"topic" is missing/);

# clients without rt.json cannot

my $raw = $t->websocket('/regex?topic=lobby');
$raw->send_text('{"subscribe":["room1"]}');
is(($raw->data(1))[0], '{"subscribe":["room1"]}',
   'to a client without rt.json it is a message');

$t->drop('news', qw(room.1 user user7 user8 room42 lobby));
$t->finish;
