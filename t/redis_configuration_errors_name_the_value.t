#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A wrong value of "redis" fails "nginx -t", and the message says which value it
# is and what it should have been.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new->expect_alert(qr/\[emerg\]/);

$t->write('password', "secret\n");
$t->write('empty', "\nsecret\n");
$t->write('long', 'x' x 513);

sub check {
    my ($text) = @_;

    $t->conf(<<"CONF");
%%GLOBALS%%
events {
}
http {
    %%HTTP%%
    rt_stream news { zone 1m; $text }
    server { listen 127.0.0.1:%%PORT%%; location / { rt_status; } }
}
CONF

    return $t->test_conf;
}

my $ok = 'redis://127.0.0.1';
my $tls = 'rediss://127.0.0.1';
my $long = 'a' x 256;

# what follows "redis", the value that is named, the rule

my @wrong = (
    (map { ["\"$_\"", $_, 'it must be redis[s]://'] }
     '', 'redis', 'redis:', 'redis:/', 'redis://', 'rediss://', 'redis:///0',
     'Redis://a', 'http://127.0.0.1', '127.0.0.1:6379', 'localhost',
     "redis://$long", 'pubsub', 'timeout=1s'),
    ['unix:', 'unix:', 'no path'],
    ['unix:/' . 'a' x 200, 'unix:/' . 'a' x 200, 'too long'],
    (map { ["redis://$_", "redis://$_", 'no host'] } ':6379', '[]'),
    (map { ["redis://$_", "redis://$_", 'invalid port'] }
     '127.0.0.1:', '127.0.0.1:0', '127.0.0.1:65536', '127.0.0.1:x',
     '127.0.0.1:-1', '127.0.0.1:6379-6380', 'a:6379:6379', '[::1]:', '[::1]:x'),
    (map { ["redis://$_", "redis://$_", 'invalid'] }
     '[::1', '[::g]', '[::1]6379'),
    (map { ["redis://a/$_", "redis://a/$_", 'a number from 0 to 65535'] }
     'x', '-1', '0/1', '/', '65536', '99999999999999999999'),

    (map { my $name = $_;
           map { ["$ok $name=$_", "$name=$_", 'greater than 0'] }
               '', '0', 'x', '-1', '1y1y' } 'timeout', 'probe'),
    (map { ["$ok maxlen=$_", "maxlen=$_", 'greater than 0'] }
     '', '0', 'x', '-1', '1k', '99999999999999999999'),
    (map { ["$ok $_=", "$_=", 'must not be empty'] } 'key', 'sentinel'),
    ["$ok pubsub channel=", 'channel=', 'must not be empty'],
    (map { ["$ok pubsub \"channel=$_\"", "channel=$_", 'must be without'] }
     'a*', 'a?', '[a', 'a]'),
    (map { ["$ok pubsub envelope=$_", "envelope=$_", '"on" or "off"'] }
     '', 'yes', 'On', 'of'),
    (map { ["$tls verify=$_", "verify=$_", '"on" or "off"'] } '', 'yes'),
    (map { ["$ok password_file=$_", "password_file=$_", 'cannot be opened'] }
     '/no/such/file', 'no_such_file'),
    (map { ["$ok password_file=$_", "password_file=$_", 'must begin with'] }
     '%%DIR%%/empty', '%%DIR%%/long', '%%DIR%%', ''),

    (map { ["$ok \"$_\"", $_, 'no such parameter'] }
     'colour=red', 'timeout', 'key', 'pubsub=on', 'pubsubs', 'cluster=on',
     'verify', 'TIMEOUT=1s', ''),
    (map { ["$ok $_ $_", $_, 'it is duplicate'] }
     'timeout=1s', 'probe=1s', 'maxlen=1', 'key=a', 'pubsub', 'cluster',
     'sentinel=a', 'password_file=%%DIR%%/password'),
    ["$ok; redis redis://a", 'redis://a', 'it is duplicate'],

    ["$ok sentinel=a cluster", $ok, 'either "sentinel=" or "cluster"'],
    ["$ok redis://a", $ok, 'several urls are for'],
    (map { ["unix:/a $_", 'unix:/a', 'are not for "unix:"'],
           ["$ok unix:/a $_", $ok, 'are not for "unix:"'] }
     'sentinel=a', 'cluster'),
    ["$ok/1 cluster", "$ok/1", 'no database but 0'],
    ["$ok pubsub key=a", $ok, 'are not for "pubsub"'],
    ["$ok pubsub maxlen=1", $ok, 'are not for "pubsub"'],
    ["$ok channel=a", $ok, 'are for "pubsub"'],
    ["$ok envelope=off", $ok, 'are for "pubsub"'],
    (map { ["$ok $_", $ok, 'are for "rediss://"'] }
     'ca=a', 'cert=a cert_key=a', 'verify=on'),
    ["$tls cert=a", $tls, '"cert=" and "cert_key=" go together'],
    ["$tls cert_key=a", $tls, '"cert=" and "cert_key=" go together'],
    ["$tls cert=/no cert_key=/no", $tls, '"cert=" or "cert_key=" cannot be'],
    ["$tls ca=/no", $tls, '"ca=" cannot be used'],
    ["redis://u\@a", 'a', 'it has a user but no password'],
    ["redis://:p\@a password_file=%%DIR%%/password", 'a', 'it has a password,'],
    ["redis://:p%zz\@a", 'a', 'must be written as %25'],
    ["redis://:p%4\@a", 'a', 'must be written as %25'],
    (map { ["$_ sentinel=a", (split m{[ @]})[-1], 'as in the first url'] }
     "$ok/1 redis://b/2", "$ok redis://b/2", 'redis://:p@a redis://:q@b',
     'redis://a redis://:q@b', 'redis://u:p@a redis://v:p@b', "$ok $tls",
     "$tls $ok"),
);

for (@wrong) {
    my ($text, $value, $rule) = @$_;
    my ($status, $out) = check("redis $text;");

    $value =~ s/%%DIR%%/$t->dir/ge;

    my $message = qr/\[emerg\].*"\Q$value\E" in "redis" directive, .*\Q$rule\E/;

    ok($status != 0 && $out =~ $message, "refused: $text") or diag($out);
}

# what the whole configuration is needed for

for (['redis;', 'invalid number of arguments in "redis"'],
     ['redis ' . "$ok " x 32 . ';', 'invalid number of arguments in "redis"'],
     ['redis redis://no.such.host.invalid;',
      'host not found in "redis" of "no.such.host.invalid:6379"'],
     ["} redis $ok; rt_stream other { zone 1m;", 'unknown directive "redis"'])
{
    my ($text, $message) = @$_;
    my ($status, $out) = check($text);

    ok($status != 0 && $out =~ /\[emerg\].*\Q$message\E/, "refused: $text")
        or diag($out);
}

$t->finish;
