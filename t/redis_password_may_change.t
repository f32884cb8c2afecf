#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A link that is refused because of a wrong password comes up when the password
# is right.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new;
my $r = $t->redis;
$r->cli('ACL', 'SETUSER', 'broker', 'on', '>other', '~*', '+@all');

$t->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  1000 1h;
        redis    redis://broker:secret@127.0.0.1:%%REDIS_PORT%% timeout=1s;
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

is($t->http('POST', '/publish?topic=a', body => 'x')->{status}, 503,
   'the password is wrong');

my @lines = $t->read('error.log') =~ /\[error\].*WRONGPASS.*/g;
cmp_ok(@lines, '>=', 1, 'the log says so');

$r->cli('ACL', 'SETUSER', 'broker', '>secret');

my $sub = $t->subscribe('/events?topic=a');
my $id = $t->publish_again('a', 'x')->{id};
is($sub->event->{id}, $id, 'now it is right');

$sub->close;
$t->drop('news', 'a');

$t->finish;
