#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# All forms that "redis" may have pass "nginx -t", though no Redis is there.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new->certificate;

$t->write('password', "pass word\r\nanother line\n");
$t->write('longest', 'x' x 512);

sub check {
    my ($text, $http) = @_;

    $http //= '';

    $t->conf(<<"CONF");
%%GLOBALS%%
events {
}
http {
    %%HTTP%%
    $http
    rt_stream news { zone 1m; $text }
    server { listen 127.0.0.1:%%PORT%%; location / { rt_status; } }
}
CONF

    return $t->test_conf;
}

my $ok = 'redis://127.0.0.1';
my $tls = 'rediss://127.0.0.1';
my $host = 'redis://no.such.host.invalid';

my @right = (
    # an address, a port, a database

    (map { "redis $_;" }
     $ok, "$ok:1", "$ok:65535", "$ok/", "$ok/0", "$ok/65535", "$ok:6379/15",
     'redis://localhost', 'redis://localhost:6379/1',
     'redis://[::1]', 'redis://[::1]:6379', 'redis://[2001:db8::1]:6379/3',
     'unix:/tmp/redis.sock', 'unix:redis.sock', 'unix:/tmp/a@b'),

    # who we are

    (map { "redis \"$_\@127.0.0.1:6379/1\";" }
     'redis://:password', 'redis://user:password', 'redis://user:p@ss:w/rd',
     'redis://us%40er:p%25%00%ff', 'redis://:p%20ss', 'redis://:', 'redis://'),
    (map { "redis $_ password_file=%%DIR%%/password;" }
     $ok, 'redis://user@127.0.0.1', 'unix:/tmp/redis.sock'),
    "redis $ok password_file=password;",
    "redis $ok password_file=%%DIR%%/longest;",

    # a stream and channels

    "redis $ok \"key=any:{key}\" maxlen=1 timeout=1ms probe=1d;",
    "redis $ok timeout=500ms probe=1m; history 10000000 1s; topics 1000000000;",
    "history off; redis $ok;",
    "redis $ok pubsub;",
    "redis $ok pubsub channel=my:channel: envelope=on timeout=1s;",
    "redis $ok pubsub envelope=off;",

    # many servers

    "redis $ok sentinel=mymaster;", "redis $ok pubsub sentinel=mymaster;",
    "redis $ok cluster;", "redis $ok/0 cluster;", "redis $ok pubsub cluster;",
    "redis $ok redis://[::1]:26380 redis://localhost sentinel=mymaster;",
    "redis $ok timeout=1s redis://127.0.0.2 cluster redis://127.0.0.3;",
    'redis redis://u:p@127.0.0.1/0 redis://127.0.0.2 cluster;',
    'redis redis://u:p@127.0.0.1/1 redis://u:p@127.0.0.2/1 sentinel=m;',
    'redis ' . join(' ', map { "redis://127.0.0.$_" } 1 .. 30) . ' cluster;',

    # TLS

    "redis $tls;", "redis $tls:6380/1 verify=off;", "redis $tls verify=on;",
    "redis $tls ca=%%DIR%%/cert.pem;",
    "redis $tls ca=cert.pem cert=cert.pem cert_key=key.pem;",
    "redis $tls cert=%%DIR%%/cert.pem cert_key=%%DIR%%/key.pem verify=off;",
    "redis $tls rediss://localhost ca=cert.pem sentinel=mymaster;",
    "redis rediss://u:p\@[::1]:6380 ca=cert.pem cluster pubsub;",

    # and a stream without it, and one with another

    "redis $ok; } rt_stream b { zone 1m; } rt_stream c { zone 1m; redis $tls;",
);

for (@right) {
    my ($status, $out) = check($_);
    is($status, 0, "accepted: $_") or diag($out);
}

my ($status, $out) = check("redis $host;", 'resolver 127.0.0.1;');
is($status, 0, 'accepted: a name that a resolver is asked for') or diag($out);

$t->write('more.conf', "redis $ok key=included;");
($status, $out) = check('include more.conf;');
is($status, 0, 'accepted: in a file that is included') or diag($out);

$t->finish;
