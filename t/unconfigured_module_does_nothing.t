#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A module that is loaded and not used opens nothing and shares no memory.

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

    server {
        listen  127.0.0.1:%%PORT%%;

        location / {
            return  200 "plain $rt_stream$rt_topic.";
        }
    }
}

CONF

my $master = $t->master_pid;
my @workers = grep { parent($_) == $master }
              map { m{(\d+)$} } glob '/proc/[0-9]*';

is(@workers, 2, 'both workers run');
is_deeply($t->status->{streams}, {}, 'there are no streams');
is($t->http('GET', '/')->{body}, 'plain .', 'a plain location works');

# the listening socket of the status and the channel to the master

my $bound = join '', grep { !m{\Q$t->{dir}\E/status} } bound_sockets(@workers);
is($bound, '', 'no worker has bound a unix socket');

for (@workers) {
    my ($size, $shared) = (0, 0);

    for (lines("$_/smaps")) {
        $shared = /rw-s/ if /^[0-9a-f]+-[0-9a-f]+ /;
        $size += $1 if $shared && /^Size:\s+(\d+)/;
    }

    ok($size < 256, "worker $_ has no shared zone");
}

unlike($t->read('error.log'), qr/rt stream|rt wake/, 'the log has no word');

$t->finish;


sub lines {
    my ($name) = @_;

    open my $f, '<', "/proc/$name" or return;

    return <$f>;
}

sub parent {
    my ($stat) = lines("$_[0]/stat");

    return ($stat // '') =~ /\) \S (\d+)/ ? $1 : 0;
}

# lines of /proc/net/unix about named sockets that these processes hold

sub bound_sockets {
    my %held = map { $_ => 1 }
               map { (readlink($_) // '') =~ /^socket:\[(\d+)\]/ }
               map { glob "/proc/$_/fd/*" } @_;

    return grep { my @f = split; @f > 7 && $held{$f[6]} } lines('net/unix');
}
