#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# After "rt_lifetime", a tenth more or less, a subscription ends with a last
# chunk, and the client comes back for the rest.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(time);

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
        history  10000 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;
        rt_lifetime  1s;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }

        location = /attached {
            rt_subscribe  news $arg_topic;
            rt_detach     off;
        }

        location = /ever {
            rt_subscribe  news $arg_topic;
            rt_lifetime   off;
        }
    }
}

CONF

my $start = time;
my @clients = map { $t->client($_) } '/events?topic=a', '/attached?topic=a';

$t->pump(\@clients, sub { !grep { !$_->primed } @clients });
$t->publish('a', 1);

my $n = 1;

ok($t->pump(\@clients, sub {
    $t->publish('a', ++$n);
    !grep { $_->{opened} < 3 } @clients;
}, 10), 'subscriptions end and are opened again');

cmp_ok(time - $start, '>', 1.7, 'but not before their time');
is((grep { $_->{ended} < 2 } @clients), 0, 'each ended with a last chunk');

ok($t->pump(\@clients, sub { !grep { $_->got < $n } @clients }),
   'all messages came');
is((grep { join(' ', map { $_->{data} } $_->got) ne join ' ', 1 .. $n }
    @clients), 0, 'each once and in order');

my $other = $t->subscribe('/ever?topic=a');
ok($other->silent(1.5), 'without a lifetime nothing ends');
ok($other->pump(0), 'for ever');

$_->close for @clients, $other;
$t->drop('news', 'a');

$t->finish;
