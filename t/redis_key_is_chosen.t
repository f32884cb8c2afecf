#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Streams share a Redis by keys of their own, which may be chosen.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new;

$t->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  1000 1h;
        redis    %%REDIS%% "key=my:key:{x}";
    }

    rt_stream chat {
        zone     1m;
        history  1000 1h;
        redis    %%REDIS%%;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }

        location = /chat {
            rt_subscribe  chat $arg_topic;
        }

        location = /publish_chat {
            rt_publish  chat $arg_topic;
        }
    }
}

CONF

$t->wait_redis;

my $news = $t->subscribe('/events?topic=a');
my $chat = $t->subscribe('/chat?topic=a');

$t->publish('a', 'to news');
$t->publish('a', 'to chat', uri => '/publish_chat');

is(join(' ', sort @{$t->redis->cli('KEYS', '*')}), 'my:key:{x} rt:{chat}',
   'the keys are as configured');
is(($t->redis->entries('my:key:{x}'))[0]{d}, 'to news', 'one has its messages');
is(($t->redis->entries('rt:{chat}'))[0]{d}, 'to chat', 'and so has the other');

$t->redis->add('my:key:{x}', 'a', 'news again');
$t->redis->add('rt:{chat}', 'a', 'chat again');

is(join(', ', $news->data(2)), 'to news, news again', 'one has its subscribers');
is(join(', ', $chat->data(2)), 'to chat, chat again', 'and so has the other');

$_->close for $news, $chat;
$t->drop($_, 'a') for qw(news chat);

$t->finish;
