#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Redis is killed again and again while messages are published, and started without
# its data: each message that was acknowledged arrives once, or in a told gap.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new;
$t->redis(appendonly => 'yes', appendfsync => 'always');
$t->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     16m;
        history  100000 1h;
        redis    %%REDIS%% maxlen=100000;
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

$t->wait_redis;

my @clients = map { $t->client('/events?topic=a') } 1 .. 4;
$t->pump(\@clients, sub { !grep { !$_->primed } @clients });

my $job = $t->background(sub {
    my $p = $t->publisher;
    my (@ids, $n);

    while (!-e $t->dir . '/stop') {
        my $answer = eval { $p->publish('a', ++$n) };

        if ($answer) {
            push @ids, $answer->{id};
            select undef, undef, undef, 0.001;

        } else {
            delete $p->{socket};
            select undef, undef, undef, 0.02;
        }
    }

    return \@ids;
});

for (1 .. 6) {
    my $got = $clients[0]->got;

    $t->pump(\@clients, sub { $clients[0]->got > $got + 30 }, 20);
    $t->redis->kill;
    $t->redis->wipe;
    $t->redis->start;
}

$t->write('stop', '');

my $ids = $t->pump(\@clients, $job, 20);
cmp_ok(scalar(@{$ids || []}), '>', 150, 'messages were acknowledged');

my $last = $t->publish_again('a', 'last')->{id};
ok($t->pump(\@clients, sub {
    !grep { !$_->got || ($_->got)[-1]{id} ne $last } @clients;
}, 30), 'all clients have the newest message');

my ($missing, $repeated, $gaps) = (0, 0, 0);

for my $c (@clients) {
    my %got;
    $got{$_->{id}}++ for $c->got;

    $missing += grep { !$got{$_} } @$ids;
    $repeated += grep { $_ > 1 } values %got;
    $gaps += $c->gaps;
}

is($repeated, 0, 'none came twice');
cmp_ok($gaps, '>=', @clients, 'gaps were told');

my @untold;

for my $c (@clients) {
    my %got = map { $_->{id} => 1 } $c->got;

    for my $id (grep { !$got{$_} } @$ids) {
        push @untold, $id if !grep { is_within($c, $_, $id) } $c->gaps;
    }
}

is("@untold", '', 'all that is missing was told of')
    or diag(explain([$clients[0]->gaps]));

$_->close for @clients;
$t->drop('news', 'a');

$t->finish;


# a gap goes to the next message that came, whatever its id
sub is_within {
    my ($c, $gap, $id) = @_;

    my ($after) = $gap->{data} =~ /"after":"(.*?)"/;
    my ($next) = grep { $t->id_cmp($_->{id}, $after) > 0 } $c->got;

    return $t->id_cmp($after, $id) < 0
        && (!$next || $t->id_cmp($id, $next->{id}) < 0);
}
