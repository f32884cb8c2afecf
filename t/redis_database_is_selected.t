#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# The number in the URL is that of the database.

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
        redis    %%REDIS%%/5;
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
my $id = $t->publish('a', 'hello')->{id};

is($sub->event->{id}, $id, 'a message is delivered');
is($t->redis->cli('DBSIZE'), 0, 'database 0 is empty');

$t->redis->cli('SELECT', 5);
is(($t->redis->entries('rt:{news}'))[0]{id}, $id, 'database 5 has the message');

# the selection is made again on each link

$t->redis->cli('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
$id = $t->publish_again('a', 'again')->{id};
is($sub->event->{id}, $id, 'after a reconnect it is delivered');
is(($t->redis->entries('rt:{news}'))[-1]{id}, $id, 'from database 5');

$sub->close;
$t->drop('news', 'a');

# one that does not exist

my $u = Test::RT->new(redis => $t->redis);
$u->conf(<<'CONF2')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     1m;
        redis    %%REDIS%%/99 timeout=500ms;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF2

is($u->http('POST', '/publish?topic=a', body => 'x')->{status}, 503,
   'with a database that does not exist nothing is published');
like($u->read('error.log'), qr/\[error\].*redis.*DB index/, 'the log says why');

$u->finish(more => 1);
$t->finish;
