#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# "?topic=" asks the status about one topic, in each stream.

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

    rt_stream chat {
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

        location = /status {
            rt_status;
        }
    }
}

CONF

my $uri = '/status?topic=caf%C3%A9%20b';

is_deeply(json($t->http('GET', $uri)->{body})->{streams},
          { news => undef, chat => undef }, 'an unknown topic is null');
is($t->status->{streams}{news}{topics}, 0, 'asking does not make a topic');

$t->subscribe('/events?topic=caf%C3%A9%20b') for 1 .. 3;
my @ids = map { $t->publish('caf%C3%A9%20b', $_)->{id} } 1 .. 2;
$t->publish('other', 'x');

is_deeply(json($t->http('GET', $uri)->{body})->{streams},
    { chat => undef,
      news => { topic => "caf\xc3\xa9 b", messages => 2, subscribers => 3,
                oldest => $ids[0], newest => $ids[1] } },
    'a topic has its messages, ids and subscribers');

my %wrong = (
    '' => 'topic is empty',
    '%FF' => 'topic is not UTF-8',
    'a%2Cb' => 'topic has a comma',
);

for (sort keys %wrong) {
    my $r = $t->http('GET', "/status?topic=$_");

    is($r->{status}, 400, "topic \"$_\" is refused");
    is(json($r->{body})->{error}, $wrong{$_}, 'and the answer says why');
}

is($t->http('GET', '/status?topic=other,x')->{status}, 400,
   'a list of topics is not one topic');

$t->finish;
