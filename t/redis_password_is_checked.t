#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# With the right password, of the URL or of a file, with or without a user,
# there is a link; with a wrong one there is none, and none is shown.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new;
my $r = $t->redis(requirepass => 'S3cret-default');

$r->cli('ACL', 'SETUSER', 'broker', 'on', '>S3cret:@/user%', '~*', '+@all');
$r->cli('ACL', 'SETUSER', 'reader', 'on', '>S3cret-reader', '~*', '+@read',
        '+@connection');

# a file may end in a line end, or not

sub try {
    my ($url, $password, $args) = @_;

    my $u = Test::RT->new(redis => $r);
    my $more = $args // '';

    if (defined $password) {
        $u->write('password', $password);
        $more .= ' password_file=%%DIR%%/password';
    }

    $u->conf(<<'CONF' =~ s/%%URL%%/"$url"$more/r)->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  1000 1h;
        redis    %%URL%% timeout=1s;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }

        location = /oldest {
            rt_subscribe  news $arg_topic;
            rt_start      oldest;
        }
    }
}

CONF

    my $answer = $u->http('POST', '/publish?topic=a', body => 'x', timeout => 20);

    if ($answer->{status} == 200) {
        my $sub = $u->subscribe('/oldest?topic=a');
        is(($sub->data(1))[0], 'x', 'which is delivered');
        $sub->close;
    }

    my $log = $u->read('error.log');

    unlike($log . $u->_unix('GET', '/')->{body} . $answer->{body}, qr/S3cret/,
           'no password is shown');

    $u->drop('news', 'a');
    $r->cli('DEL', 'rt:{news}');
    $u->finish(more => 1);

    return ($answer->{status}, $log);
}

my $at = '127.0.0.1:' . $r->port;
my ($status, $log);

my @right = (
    ['of the default user', "redis://:S3cret-default\@$at"],
    ['of a user, encoded', "redis://broker:S3cret%3A%40%2Fuser%25\@$at/0"],
    ['from a file', "redis://$at", 'S3cret-default'],
    ['from a file with a line end', "redis://$at", "S3cret-default\n"],
    ['from a file, for a user', "redis://broker\@$at", "S3cret:\@/user%\n"],
);

for (@right) {
    my ($name, @args) = @$_;

    ($status, $log) = try(@args);
    is($status, 200, "password $name: a message is published");
    unlike($log, qr/\[(error|crit)\]/, 'without an error');
}

my @wrong = (
    ['none', "redis://$at"],
    ['wrong', "redis://:S3cret-wrong\@$at"],
    ['wrong, from a file', "redis://$at", "S3cret-wrong\n"],
    ['of another user', "redis://broker:S3cret-default\@$at"],
    ['of nobody', "redis://nobody:S3cret-default\@$at"],
);

for (@wrong) {
    my ($name, @args) = @$_;

    ($status, $log) = try(@args);
    is($status, 503, "password $name: 503");
    like($log, qr/\[error\].*redis.*(?:WRONGPASS|NOAUTH)/,
         'and the log says why');
}

# one who may not write

($status, $log) = try("redis://reader:S3cret-reader\@$at");
is($status, 503, 'one who may not write: 503');
like($log, qr/\[error\].*NOPERM/, 'and the log says why');

done_testing;
