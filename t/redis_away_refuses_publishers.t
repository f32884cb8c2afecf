#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# While Redis refuses connections publishers get 503 and are asked to come back,
# within the timeout; when it is there again everything goes on by itself.

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
        redis    %%PROXY%% timeout=1s;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
            rt_ping       200ms;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }

        location = /oldest {
            rt_subscribe  news $arg_topic;
            rt_start      oldest;
        }
    }
}

CONF

$t->wait_redis;

my $sub = $t->subscribe('/events?topic=a');
my $first = $t->publish('a', 'before')->{id};
is($sub->event->{id}, $first, 'Redis is there');

$t->proxy->refuse;
$t->proxy->cut;

for my $type ('text/plain', 'application/x-ndjson') {
    for (1 .. 3) {
        my $from = time;
        my $r = $t->http('POST', '/publish?topic=a', body => '{"data":1}',
                         headers => { 'Content-Type' => $type }, timeout => 20);

        is($r->{status}, 503, "$type: 503");
        like($r->{headers}{'retry-after'}, qr/^\d+$/, 'with Retry-After');
        like(json($r->{body})->{error}, qr/\w/, 'and the reason');
        cmp_ok(time - $from, '<', 1 + 2 * $Test::RT::PATIENCE, 'in time');
    }
}

# many at once do not wait for one another

my $from = time;
my @jobs = map { $t->background(sub {
    $t->http('POST', '/publish?topic=a', body => 'x', timeout => 20)->{status}
}) } 1 .. 20;

is(join(' ', map { wait_for($_, 15) } @jobs), join(' ', (503) x 20),
   'many publishers get 503');
cmp_ok(time - $from, '<', 1 + 4 * $Test::RT::PATIENCE, 'all of them in time');

# what needs no Redis goes on

my $new = $t->subscribe('/events?topic=a', last_id => $first);
is($new->status, 200, 'new subscribers are accepted');
my $oldest = $t->subscribe('/oldest?topic=a');
is($oldest->event->{data}, 'before', 'and served from history');

my @pings = map { $_->{comments} } $sub, $new;

ok(wait_for(sub {
    $_->pump(0.05) for $sub, $new;
    $sub->{comments} > $pings[0] + 2 && $new->{comments} > $pings[1] + 2;
}), 'subscribers are pinged');
ok(!$sub->{closed}, 'and stay');

is($t->http('GET', '/publish?topic=a')->{status}, 200, 'a topic is described');
is($t->redis->cli('XLEN', 'rt:{news}'), 1, 'nothing reached Redis');

# back

$t->redis->add('rt:{news}', 'a', 'by another host');
$t->proxy->pass;

my $id = $t->publish_again('a', 'back')->{id};

for ($sub, $new, $oldest) {
    is(join(', ', $_->data(2, 10)), 'by another host, back',
       'subscribers have what came meanwhile, and what comes');
    is($_->last_id, $id, 'with ids of Redis');
}

like($t->read('error.log'), qr/\[error\].*Connection refused/,
     'the log says what was wrong');

$_->close for $sub, $new, $oldest;
$t->drop('news', 'a');

$t->finish;
