#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A browser whose connection ends before its first message has an id to come
# back with: it gets what was published meanwhile.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;
use Test::RT::Browser;

my $t = Test::RT->new->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    log_format  events  '$uri $status $http_last_event_id';

    rt_stream news {
        zone     1m;
        history  100 1m;
    }

    server {
        listen        127.0.0.1:%%PORT%%;
        default_type  text/html;

        location = / {
            return  200 "<!DOCTYPE html><link rel=icon href=data:,>";
        }

        location = /events {
            if (-f %%DIR%%/closed) {
                return  444;
            }

            access_log    %%DIR%%/events.log events;
            rt_subscribe  news $arg_topic;
            rt_retry      200ms;
            rt_lifetime   1s;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $primed;

browser('priming.js', ['http://127.0.0.1:' . $t->port . '/'],
    publish => sub { $t->publish('a', $_[0]) },
    keep_away => sub {
        $primed = $t->status->{streams}{news}{last_id};
        $t->write('closed', '');
        return;
    },
    let_back => sub { unlink $t->dir . '/closed' },
);

my ($first, $second) = $t->read('events.log') =~ m{^/events 200 (\S+)$}mg;

is($first, '-', 'the browser came without an id');
is($second, $primed // 'none', 'it came back with the id it was primed with');

$t->drop('news', 'a');

$t->finish;
