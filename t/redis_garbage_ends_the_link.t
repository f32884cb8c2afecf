#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# An answer that is none of Redis's, or none to what was asked, ends the link
# with an error in the log; then it is opened again.

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
        redis    %%PROXY%% timeout=1s probe=1s;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

$t->wait_redis;

my $sub = $t->subscribe('/events?topic=a');
my @acknowledged;

my %garbage = (
    'HTTP' => "HTTP/1.1 400 Bad Request\r\n\r\n",
    'bytes' => join('', map { chr } reverse 0 .. 255) x 4,
    'zeros' => "\0" x 1000,
    'no length' => "\$\r\n",
    'a negative length' => "\$-5\r\n",
    'a length that is no number' => "\$abc\r\nabc\r\n",
    'a bulk string without its end' => "\$3\r\nabcde\r\n",
    'a huge bulk string' => "\$999999999\r\nabc",
    'a length over all numbers' => "\$99999999999999999999\r\n",
    'a huge array' => "*2000000000\r\n",
    'a huge array of arrays' => "*1000000\r\n" x 7,
    'deep arrays' => "*1\r\n" x 5000,
    'an integer' => ":1\r\n",
    'nothing' => "\$-1\r\n",
    'no array' => "*-1\r\n",
    'an empty string' => "\$0\r\n\r\n",
    'an empty array' => "*0\r\n",
    'an array of one' => "*1\r\n*0\r\n",
    'a stream without entries' => "*1\r\n*2\r\n\$9\r\nrt:{news}\r\n*0\r\n",
    'an entry without fields' =>
        "*1\r\n*2\r\n\$9\r\nrt:{news}\r\n*1\r\n*1\r\n\$3\r\n9-9\r\n",
    'an entry with a bad id' => "*1\r\n*2\r\n\$9\r\nrt:{news}\r\n*1\r\n*2\r\n"
        . "\$3\r\nabc\r\n*4\r\n\$1\r\nt\r\n\$1\r\na\r\n\$1\r\nd\r\n\$3\r\nbad\r\n",
    'an odd number of fields' => "*1\r\n*2\r\n\$9\r\nrt:{news}\r\n*1\r\n*2\r\n"
        . "\$3\r\n1-1\r\n*3\r\n\$1\r\nt\r\n\$1\r\na\r\n\$1\r\nd\r\n",
    'a simple string' => "+NO\r\n",
    'RESP3' => "%1\r\n+a\r\n:1\r\n",
    'an error' => "-ERR something\r\n",
    'an endless line' => '+' . 'x' x 1_000_000,
);

for my $name (sort keys %garbage) {
    my $from = length $t->read('error.log');

    $t->proxy->answer($garbage{$name});
    $t->proxy->inject($garbage{$name});

    my $r = $t->http('POST', '/publish?topic=a', body => $name, timeout => 20);
    is($r->{status}, 503, "$name: a publisher gets 503");

    ok(wait_for(sub {
        substr($t->read('error.log'), $from) =~ /\[error\].*redis/;
    }), 'and the log an error');

    # links that were opened meanwhile have had such answers too

    $t->proxy->pass;
    $t->proxy->cut;

    my $id = $t->publish_again('a', "after $name")->{id};
    push @acknowledged, $id || ();

    ok(wait_for(sub {
        $sub->pump(0.05);
        grep { $_->{id} eq $id } $sub->events;
    }, 10), 'then messages are delivered');
}

is(join(' ', map { $_->{id} } $sub->events), join(' ', @acknowledged),
   'nothing else was delivered');
unlike($t->read('error.log'), qr/exited on/, 'no worker died');

my ($pid) = $t->worker_pids;
cmp_ok($t->rss($pid), '<', 200 * 1024 * 1024, 'no memory was taken')
    unless $ENV{RT_SANITIZE};

$sub->close;
$t->drop('news', 'a');

$t->finish;
