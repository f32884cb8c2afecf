#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# With another zone nobody can publish to the subscribers of old workers any
# more: they are closed after a while, come back to the new ones and are told.

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

my @subs = map { $t->subscribe('/events?topic=a') } 1 .. 10;
my $id = $t->publish('a', 'one')->{id};
$_->data(1) for @subs;

my $size = $t->status->{streams}{news}{zone}{size};
my $conf = $t->read('nginx.conf');
$conf =~ s/zone     4m/zone     3m/ or die;
$t->write('nginx.conf', $conf);

kill 'HUP', $t->master_pid;

ok(wait_for(sub {
    my $s = $t->status->{streams}{news};
    $s->{zone}{size} < $size && @{$s->{workers}} == 2;
}, 10), 'new workers have the new zone');

$t->{used}{news} = $t->status->{streams}{news}{zone}{used};

my @open = grep { $_->pump(0) } @subs;
is(scalar @open, 10, 'subscribers are not thrown out at once');

ok($t->pump(\@subs, sub { !grep { !$_->{closed} } @subs }, 15),
   'they are closed within some seconds');
is((grep { $_->{ended} } @subs), 10, 'each with a last chunk');

my $back = $t->subscribe('/events?topic=a', last_id => $subs[0]->last_id);
is($back->event->{event}, 'rt.gap', 'a client that comes back is told');

$t->publish('a', 'two');
is(join(' ', $back->data(1)), 'two', 'and gets what the new zone has');

$back->close;
$t->drop('news', 'a');

$t->finish;
