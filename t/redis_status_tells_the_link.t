#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# The status tells of a stream in Redis what the link does, since when, and what
# was wrong.

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
        redis    %%PROXY%% timeout=500ms;
    }

    rt_stream chat {
        zone     1m;
        history  100 1h;
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

ok(wait_for(sub { links() && !grep { $_->{state} ne 'ready' } links() }),
   'links are ready');

my $news = $t->status->{streams}{news};
is($news->{broker}, 'redis', 'the broker is Redis');
ok((grep { $_ == $news->{redis}{follower} } $t->worker_pids),
   'one of the workers follows');

for (links()) {
    like($_->{since}, qr/^\d+$/, 'since some seconds');
    is($_->{error}, undef, 'without an error');
    is($_->{reconnects}, 0, 'and without a reconnect');
}

$t->proxy->refuse;
$t->proxy->cut;
$t->http('POST', '/publish?topic=a', body => 'x') for 1 .. 4;

ok(wait_for(sub { !grep { $_->{state} eq 'ready' } links() }),
   'links are not ready when Redis is away');
ok(wait_for(sub { !grep { ($_->{error} // '') !~ /refused/ } links() }),
   'and say why') or diag(explain([links()]));

$t->proxy->pass;

ok(wait_for(sub { !grep { $_->{state} ne 'ready' } links() }, 15),
   'links are ready again');
ok(!(grep { $_->{reconnects} < 1 } links()), 'reconnects were counted');

is($t->status->{streams}{chat}{broker}, 'local', 'another stream has no Redis');
is($t->status->{streams}{chat}{redis}, undef, 'and says nothing of it');

$t->finish;


# of the stream, and of its workers if they tell

sub links {
    return map { @{$_->{links}} } @{$t->status->{streams}{news}{workers}};
}
