#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A key that is no stream: publishers get an error, nginx is well, and it goes
# on when the key is gone.

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
        redis    %%REDIS%% timeout=1s;
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
$t->publish('a', 'before');
$sub->data(1);

$t->redis->cli('DEL', 'rt:{news}');
$t->redis->cli('SET', 'rt:{news}', 'no stream');

for (1 .. 3) {
    my $r = $t->http('POST', '/publish?topic=a', body => 'x', timeout => 20);
    like($r->{status}, qr/^50[023]$/, 'a publisher gets an error');
}

ok(wait_for(sub { $t->read('error.log') =~ /\[error\].*redis.*WRONGTYPE/ }),
   'the log says why');
cmp_ok(scalar(() = $t->read('error.log') =~ /WRONGTYPE/g), '<', 30,
       'and does not fill the disk');

$t->redis->cli('DEL', 'rt:{news}');

my $id = $t->publish_again('a', 'after')->{id};
ok(wait_for(sub {
    $sub->pump(0.05);
    grep { $_->{id} eq $id } $sub->events;
}, 15), 'it goes on when the key is gone');

$sub->close;
$t->drop('news', 'a');

$t->finish;
