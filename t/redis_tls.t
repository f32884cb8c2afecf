#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# TLS, with a certificate that is checked.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new;
$t->certificate;

my $d = $t->dir;
$t->redis(tls => 1, tls_cert_file => "$d/cert.pem", tls_key_file => "$d/key.pem",
          tls_ca_cert_file => "$d/cert.pem", tls_auth_clients => 'no');
$t->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  1000 1h;
        redis    rediss://localhost:%%REDIS_PORT%% ca=%%DIR%%/cert.pem;
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

my $sub = $t->subscribe('/events?topic=a');
my $id = $t->publish('a', 'x' x 50_000)->{id};
is($sub->event->{id}, $id, 'a message is delivered');

$sub->close;
$t->drop('news', 'a');

my $conf = $t->read('nginx.conf');

for (['rediss://127.0.0.1', 'ca=%s/cert.pem', qr/./, 'an address is checked'],
     ['rediss://localhost', 'verify=off', qr/./, 'nothing is checked'],
     ['rediss://localhost', '', qr/self.signed/, 'a certificate that nobody '
      . 'has signed is refused'],
     ['redis://127.0.0.1', '', qr/./, 'without TLS there is no answer'])
{
    my ($url, $param, $error, $text) = @$_;
    my $dir = $t->dir;
    my $port = $t->redis->port;
    my $new = $conf;

    $param = sprintf $param, $dir if $param =~ /%/;
    $new =~ s/redis    .*?;/redis    $url:$port $param;/;
    $t->write('nginx.conf', $new);
    $t->reload;

    if ($text =~ /checked/) {
        ok($t->publish_again('a', 'x'), $text);
        next;
    }

    ok(wait_for(sub {
        grep { ($_->{error} // '') =~ $error } $t->links('news', 'publisher');
    }, 15), $text);
}

$t->drop('news', 'a');

$t->finish;
