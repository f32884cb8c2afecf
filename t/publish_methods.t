#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# POST and PUT publish, GET and HEAD describe a topic, DELETE drops its history,
# and nothing else is allowed.

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
        history  100 1m;
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

my $uri = '/publish?topic=a';

is($t->http('GET', $uri)->{status}, 404, 'GET of an unknown topic is 404');
is($t->http('HEAD', $uri)->{status}, 404, 'HEAD of an unknown topic is 404');
is($t->http('DELETE', $uri)->{status}, 404,
   'DELETE of an unknown topic is 404');
is(json($t->http('GET', $uri)->{body})->{error}, 'no such topic',
   'the answer says why');
is($t->status->{streams}{news}{topics}, 0, 'asking does not make a topic');

my $sub = $t->subscribe('/events?topic=a');

my $post = json($t->http('POST', $uri, body => 'one')->{body});
like($post->{id}, qr/^\d+-\d+$/, 'POST answers an id');
is($post->{topic}, 'a', 'and the topic');
is($post->{subscribers}, 1, 'and the number of subscribers');

my $put = json($t->http('PUT', $uri, body => 'two')->{body});

is(join(' ', $sub->data(2)), 'one two', 'PUT publishes as POST');
is($sub->last_id, $put->{id}, 'the id is that of the event');

my $r = $t->http('GET', $uri);

is($r->{headers}{'content-type'}, 'application/json', 'GET answers JSON');
is_deeply(json($r->{body}),
    { topic => 'a', messages => 2, oldest => $post->{id},
      newest => $put->{id}, subscribers => 1 },
    'GET describes the topic');

my $head = $t->http('HEAD', $uri);

is($head->{status}, 200, 'HEAD is allowed');
is($head->{body}, '', 'HEAD answers no body');
is($head->{headers}{'content-length'}, length $r->{body},
   'HEAD tells the length of what GET answers');

for my $method (qw(PATCH OPTIONS MKCOL FOO)) {
    $r = $t->http($method, $uri, $method eq 'PATCH' ? (body => 'x') : ());

    is($r->{status}, 405, "$method is not allowed");
    is($r->{headers}{allow}, 'GET, HEAD, POST, PUT, DELETE',
       'the answer says what is');
    ok(json($r->{body})->{error}, 'in JSON');
}

is_deeply(json($t->http('DELETE', $uri)->{body}),
          { topic => 'a', dropped => 2 }, 'DELETE drops the messages');

is_deeply(json($t->http('GET', $uri)->{body}),
    { topic => 'a', messages => 0, oldest => $put->{id},
      newest => $put->{id}, subscribers => 1 },
    'the topic stays while it has a subscriber');

is(json($t->http('DELETE', $uri)->{body})->{dropped}, 0,
   'DELETE of an empty topic drops nothing');

$t->publish('a', 'three');
is(join(' ', $sub->data(1)), 'three', 'the subscriber has not noticed');

$t->http('DELETE', $uri);
$sub->close;

ok(wait_for(sub { $t->http('GET', $uri)->{status} == 404 }),
   'a topic that is empty and idle is gone');

$t->finish;
