#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Whatever guards or decorates a location does so in front of a subscription.

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

    limit_req_zone  $uri zone=uri:1m rate=1r/m;

    rt_stream news {
        zone     1m;
        history  100 1s;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /auth {
            auth_request      /check;
            auth_request_set  $who $uri;
            add_header        X-Who $who;
            rt_subscribe      news $arg_topic;
        }

        location = /check {
            internal;

            if ($http_cookie = "") {
                return  401;
            }

            return  204;
        }

        location = /denied {
            deny          all;
            rt_subscribe  news $arg_topic;
        }

        location = /allowed {
            allow         127.0.0.1;
            deny          all;
            rt_subscribe  news $arg_topic;
        }

        location = /any {
            satisfy       any;
            deny          all;
            auth_request  /check;
            rt_subscribe  news $arg_topic;
        }

        location = /limited {
            limit_req     zone=uri burst=1 nodelay;
            rt_subscribe  news $arg_topic;
        }

        location = /headers {
            add_header    Access-Control-Allow-Origin *;
            add_header    X-Always yes always;
            rt_subscribe  news $arg_topic;
        }

        location = /rewritten {
            rewrite  ^ /headers?topic=a last;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }

        location = /publish/denied {
            deny        all;
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my %cookie = (headers => { Cookie => 'yes' });

is($t->http('GET', '/auth?topic=a')->{status}, 401,
   'auth_request keeps a subscriber out');
is($t->http('GET', '/any?topic=a')->{status}, 401, 'so it does in "satisfy"');
is($t->http('GET', '/denied?topic=a')->{status}, 403, 'deny does');
is($t->http('POST', '/publish/denied?topic=a', body => 'x')->{status}, 403,
   'and keeps a publisher out');
is($t->status->{streams}{news}{topics}, 0, 'nothing was subscribed');

my @subs = ($t->subscribe('/auth?topic=a', %cookie),
            $t->subscribe('/any?topic=a', %cookie),
            $t->subscribe('/allowed?topic=a'),
            $t->subscribe('/limited?topic=a'),
            $t->subscribe('/limited?topic=a'),
            $t->subscribe('/headers?topic=a'),
            $t->subscribe('/rewritten'));

is(join(' ', map { $_->status } @subs), join(' ', ('200') x 7),
   'those who may subscribe do');

is($t->http('GET', '/limited?topic=a')->{status}, 503,
   'limit_req refuses what is too much');

is($subs[0]->headers->{'x-who'}, '/check',
   'auth_request_set and add_header work');
is($subs[5]->headers->{'access-control-allow-origin'}, '*',
   'add_header allows other origins');
is($subs[6]->headers->{'x-always'}, 'yes', 'also after a rewrite');

my $r = $t->http('GET', '/headers?topic=');
is($r->{status}, 400, 'a wrong topic is 400');
is($r->{headers}{'x-always'}, 'yes', 'with what is always added');
is($r->{headers}{'access-control-allow-origin'}, undef, 'and nothing else');

$t->publish('a', 'x');
is(join('', map { $_->data(1) } @subs), 'x' x 7, 'all are served');

ok($t->wait_subscribers('news', 7), 'and none has left something behind');

$t->finish;
