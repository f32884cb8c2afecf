#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A subscription is logged when it opens; with "rt_detach off" when it ends.

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

    log_format  short  "$status $request_method $uri $body_bytes_sent.";

    rt_stream news {
        zone     1m;
        history  100 1s;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /events {
            rt_subscribe  news $arg_topic;
            access_log    %%DIR%%/detached.log short;
        }

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
            access_log    %%DIR%%/attached.log short;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $detached = $t->subscribe('/events?topic=a');

ok(wait_for(sub { $t->read('detached.log') }), 'a line is there at opening');
like($t->read('detached.log'), qr/\A200 GET \/events [1-9]\d*\.\n\z/,
     'with the status and the bytes until then');

my $attached = $t->subscribe('/attached?topic=a');

$t->publish('a', 'x' x 5000);
$_->event for $detached, $attached;

is($t->read('attached.log'), '', 'with rt_detach off there is none yet');

$_->close for $detached, $attached;

ok(wait_for(sub { $t->read('attached.log') }), 'it is there at the end');
my ($sent) = $t->read('attached.log') =~ /\A200 GET \/attached (\d+)\.\n\z/;
cmp_ok($sent, '>', 5000, 'with all bytes that were sent');

ok($t->wait_subscribers('news', 0), 'subscribers have gone');
is($t->read('detached.log') =~ tr/\n//, 1, 'one line is all there was');

is($t->http('GET', '/events?topic=')->{status}, 400, 'who is refused');
ok(wait_for(sub { $t->read('detached.log') =~ /^400 GET/m }),
   'is logged too');

$t->finish;
