#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Of the messages of a client one is under way at a time, so they reach a backend
# in their order, each once; clients do not wait for each other.

use strict;
use warnings;

use Test::More;
use Time::HiRes qw(sleep);

use lib 't/lib';
use Test::RT;
use Test::RT::Backend;

my $t = Test::RT->new;

my $backend = Test::RT::Backend->new($t, sub {
    my ($r) = @_;
    sleep rand 0.02;
    return (200, "answer to $r->{body}");
});

$t->conf(<<'CONF' =~ s/%%BACKEND%%/$backend->port/ger)->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     1m;
        history  100 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /ws {
            rt_subscribe  news $arg_topic;
            rt_receive    pass /backend;
            rt_identity   $arg_user;
        }

        location = /backend {
            internal;
            proxy_pass        http://127.0.0.1:%%BACKEND%%;
            proxy_set_header  X-User $rt_identity;
        }
    }
}

CONF

my $messages = 100;
my @users = 1 .. 6;
my @ws = map { $t->websocket("/ws?topic=a&user=$_",
                             $_ % 2 ? (deflate => 1) : ()) } @users;

# all at once, in pieces, and one by one

for my $i (0 .. $#ws) {
    my $ws = $ws[$i];
    my @frames = map { $ws->frame(1, "$users[$i] $_") } 1 .. $messages;

    if ($i < 2) {
        $ws->send_raw(join '', @frames);

    } elsif ($i < 4) {
        my $bytes = join '', @frames;
        $ws->send_raw($_) for $bytes =~ /(.{1,37})/sg;

    } else {
        $ws->send_raw($_) for @frames;
    }
}

# control frames are answered meanwhile, as long as all can wait

my $idle = $t->websocket('/ws?topic=a&user=idle');
$idle->send_text("idle $_") for 1 .. 10;
$idle->send_ping('x');
is(${$idle->pong(1) // \''}, 'x', 'a ping behind messages that wait is answered');

ok($t->pump(\@ws, sub {
    !grep { scalar($_->messages) < $messages } @ws
}, 10), 'all were answered');

for my $i (0 .. $#ws) {
    is(join(',', map { $_->{data} } $ws[$i]->messages),
       join(',', map { "answer to $users[$i] $_" } 1 .. $messages),
       "client $users[$i] got the answers in order");
}

is(scalar($idle->data(10)), 10, 'and so did the idle one');

my %bodies;
push @{$bodies{$_->{headers}{'x-user'}}}, $_->{body} for $backend->requests;

for my $user (@users) {
    is(join(',', @{$bodies{$user}}),
       join(',', map { "$user $_" } 1 .. $messages),
       "the backend got the messages of $user in order, each once");
}

# more than one at a time would be more than there are clients

cmp_ok($backend->most, '<=', @ws + 1, 'one is under way for each client');
cmp_ok($backend->most, '>', 2, 'but clients do not wait for each other');

is($t->status->{streams}{news}{counters}{received}, 10 + @ws * $messages,
   'all were counted');

$t->finish;
