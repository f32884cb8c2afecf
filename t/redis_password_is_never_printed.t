#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Whatever is wrong with "redis", the message says so without the user and the
# password of a url.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new->expect_alert(qr/\[emerg\]/);

$t->write('password', "S3cret\n");

sub check {
    my ($text) = @_;

    $t->conf(<<"CONF");
%%GLOBALS%%
events {
}
http {
    %%HTTP%%
    rt_stream news { zone 1m; redis $text; }
    server { listen 127.0.0.1:%%PORT%%; location / { rt_status; } }
}
CONF

    return $t->test_conf;
}

my $url = 'redis://S3cretuser:S3cret@127.0.0.1';

my @wrong = (
    # a bad url

    (map { "redis://S3cretuser:S3cret\@$_" }
     '', ':', ':x', '127.0.0.1:0', '127.0.0.1/x', '[::1', 'a?b=c', '/0',
     'no.such.host.invalid', '*'),
    'redis://:S3cret%zz@127.0.0.1', 'redis://:S3cret/S3cret@127.0.0.1:x',
    'redis://:S3cret@S3cret@127.0.0.1:x', 'redis://S3cretuser@127.0.0.1',
    'http://u:S3cret@127.0.0.1', 'valkey://u:S3cret@127.0.0.1',
    'REDIS://u:S3cret@127.0.0.1', 'u:S3cret@127.0.0.1',

    # the same behind a good one

    (map { "redis://127.0.0.1 $_ cluster" }
     'http://u:S3cret@127.0.0.1', 'valkey://u:S3cret@127.0.0.1',
     'REDIS://u:S3cret@127.0.0.1', 'redis:/u:S3cret@127.0.0.1',
     'u:S3cret@127.0.0.1', 'redis://u:S3cret@127.0.0.1',
     'redis://u:S3cret@127.0.0.1:x'),

    # a good one, and something else is bad

    "$url timeout=x", "$url colour=red", "$url $url", "$url channel=x",
    "$url verify=on", "$url sentinel=a cluster", "$url/1 cluster",
    "$url password_file=%%DIR%%/password", "$url; redis $url",
    'rediss://u:S3cret@127.0.0.1 ca=/no',
    'rediss://u:S3cret@127.0.0.1 cert=a',
    'redis://127.0.0.1 password_file=%%DIR%%/password timeout=x',
);

for (@wrong) {
    my ($status, $out) = check($_);

    isnt($status, 0, "refused: $_");
    like($out, qr/\[emerg\]/, 'and it is said why');
    unlike($out, qr/S3cret/, 'without a secret');
}

unlike($t->read('error.log'), qr/S3cret/, 'nor is it in the log');

my ($status, $out) = check($url);

is($status, 0, 'accepted: a good one');
unlike($out, qr/S3cret/, 'silently');

$t->finish;
