#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A stream goes over to Redis by a reload, and back by another one: who was there
# is told of a gap, and workers from before publish nothing any more.

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

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /chat {
            rt_subscribe  news $arg_topic;
            rt_receive    publish;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $sub = $t->subscribe('/events?topic=a');
my $chat = $t->websocket('/chat?topic=a', protocol => 'rt.json');
$chat->json;

my $local = $t->publish('a', 'local')->{id};
is($sub->event->{id}, $local, 'the host orders the stream');
is($chat->json->{id}, $local, 'for all transports');

my $url = $t->redis->url;
my $first = $t->redis->add('rt:{news}', 'a', 'of Redis');
my $conf = $t->read('nginx.conf');
$conf =~ s/(history .*\n)/$1        redis    $url;\n/;
$t->write('nginx.conf', $conf);
$t->reload;

ok(wait_for(sub { $t->status->{streams}{news}{broker} eq 'redis' })
   && $t->wait_redis, 'Redis orders it');

my $gap = $sub->event(10);
is($gap->{event}, 'rt.gap', 'a subscriber of an old worker is told of a gap');
is(Test::RT::json($gap->{data})->{after}, $local, 'after the last message');
ok($chat->json(10)->{gap}, 'and so is the other one');

my $entry = $sub->event(10);
is($entry->{id}, $first, 'then it gets what Redis has');
is($chat->json(10)->{id}, $first, 'and so does the other one');

$chat->send_json({ topic => 'a', data => 'x', ref => 1 });
like($chat->json(10)->{error}, qr/ordered by another server/,
     'the old worker orders no message itself');

my $id = $t->publish_again('a', 'new')->{id};
is($sub->event->{id}, $id, 'what is published now reaches it');
is($chat->json->{id}, $id, 'and the other one');

# and back

my $later;

sub is_published {
    $later->send_json({ topic => 'a', data => 'x', ref => 1 });

    while (my $m = $later->json) {
        return 1 if $m->{ack};
        return 0 if ($m->{error} // '') =~ /ordered by another server/;
    }

    return;
}

ok(wait_for(sub {
    $later = $t->websocket('/chat?topic=a', protocol => 'rt.json');
    is_published();
}), 'a client of a new worker publishes');

$conf =~ s/ *redis .*\n//;
$t->write('nginx.conf', $conf);
$t->reload;

# a worker may take some before it is told to exit

my $back;

ok(wait_for(sub {
    $back = $t->publish_again('a', 'local again')->{id};
    !grep { $_->{id} eq $back } $t->redis->entries('rt:{news}');
}), 'the host orders it again');

is($t->id_cmp($back, $id), 1, 'ids increase');

my @events;

while (my $e = $sub->event) {
    push @events, $e;
    last if ($e->{id} // '') eq $back;
}

is($events[-1]{id}, $back, 'a subscriber of an old worker has it');
ok((grep { $_->{event} eq 'rt.gap' } @events), 'after a gap');

my @messages;

while (my $m = $chat->json) {
    push @messages, $m;
    last if ($m->{id} // '') eq $back;
}

is($messages[-1]{id}, $back, 'and so has the other one');
ok((grep { $_->{gap} } @messages), 'after a gap');

ok(wait_for(sub { !(is_published() // 1) }),
   'its worker gives no message to Redis any more');

$_->close for $sub, $chat, $later;
$t->drop('news', 'a');

$t->finish;
