#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# The rights in the documents are enough.

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
        redis    redis://rt:secret@127.0.0.1:%%REDIS_PORT%%/1;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic event=$arg_event;
        }
    }
}

CONF

my $sub = $t->subscribe('/events?topic=a', nowait => 1);

my $doc = do {
    open my $f, '<', 'docs/redis.md' or die "docs/redis.md: $!";
    local $/;
    <$f>;
};

my ($rule) = $doc =~ /^ACL SETUSER (rt on >secret ~\S+ .*)$/m;
ok($rule, 'there is a rule');
$t->redis->cli('ACL', 'SETUSER', split(/ /, $rule), '+select');

ok($t->wait_redis, 'links are ready');
my $id = $t->publish_again('a', 'hello')->{id};
is($sub->event->{id}, $id, 'a message is delivered');

$sub->close;
$t->drop('news', 'a');

$t->finish;
