#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Redis refuses messages, for want of a right, a disk or a replica: publishers
# get 503, the log says it once, and the link stays.

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
    }
}

CONF

$t->wait_redis;

my $r = $t->redis;
my $sub = $t->subscribe('/events?topic=a');

# a file where it would save

mkdir $t->dir . '/redis/dump.rdb' or die "mkdir: $!";

my %refusal = (
    NOPERM => [['ACL', 'SETUSER', 'default', '-xadd'],
               ['ACL', 'SETUSER', 'default', '+xadd']],
    NOREPLICAS => [['CONFIG', 'SET', 'min-replicas-to-write', 1],
                   ['CONFIG', 'SET', 'min-replicas-to-write', 0]],
    MISCONF => [['CONFIG', 'SET', 'save', '3600 1000000'],
                ['CONFIG', 'SET', 'save', '']],
);

for my $word (sort keys %refusal) {
    my ($on, $off) = @{$refusal{$word}};

    $r->cli(@$on);

    if ($word eq 'MISCONF') {
        $r->call('BGSAVE');
        wait_for(sub { $r->cli('INFO') =~ /rdb_last_bgsave_status:err/ }, 10);
    }

    for (1 .. 5) {
        my $answer = $t->http('POST', '/publish?topic=a', body => 'x');
        is($answer->{status}, 503, "$word: a publisher gets 503");
        like($answer->{headers}{'retry-after'}, qr/^\d+$/, 'with Retry-After');
    }

    my @lines = $t->read('error.log') =~ /(\[error\].*\b$word\b.*)/g;
    cmp_ok(scalar @lines, '<=', 2, 'each worker logs it once');
    cmp_ok(scalar @lines, '>=', 1, 'and it is logged');

    $r->cli(@$off);

    my $id = $t->publish_again('a', "after $word")->{id};
    is($sub->event->{id}, $id, 'then it goes on');
}

# one cause follows another, and nothing is accepted in between

$r->cli(@{$refusal{NOPERM}[0]});
$t->http('POST', '/publish?topic=a', body => 'x') for 1 .. 5;

$r->cli('CONFIG', 'SET', 'maxmemory', 1);
$r->cli(@{$refusal{NOPERM}[1]});
$t->http('POST', '/publish?topic=a', body => 'x') for 1 .. 5;

like($t->read('error.log'), qr/refuses messages: OOM/, 'it is logged as well');

$r->cli('CONFIG', 'SET', 'maxmemory', 0);
ok($t->publish_again('a', 'last'), 'then it goes on');
is($sub->event->{data}, 'last', 'for subscribers, too');

is((grep { $_->{reconnects} } $t->links('news')), 0, 'all links have stayed');
is($r->cli('XLEN', 'rt:{news}'), 4, 'nothing else is in Redis');

$sub->close;
$t->drop('news', 'a');

$t->finish;
