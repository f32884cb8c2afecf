#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A page of an origin that "rt_origin" names may read an SSE subscription, and
# ask first if it may; other pages may not.

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
        history  100 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /exact {
            rt_subscribe  news $arg_topic;
            rt_origin     https://app.example.com http://localhost:3000;
        }

        location = /any {
            rt_subscribe  news $arg_topic;
            rt_origin     *.example.com;
        }

        location = /all {
            rt_subscribe  news $arg_topic;
            rt_origin     *;
        }
    }
}

CONF

sub get {
    my ($uri, $origin, %opt) = @_;

    my $sub = $t->subscribe("$uri?topic=a", %opt,
                            headers => { Origin => $origin });
    $sub->close;
    return $sub;
}

sub cors {
    my ($sub) = @_;

    my $h = $sub->headers;
    return join ' ', map { $h->{$_} // '-' } qw(access-control-allow-origin
        access-control-allow-credentials vary);
}

my @cases = (
    ['/exact', 'https://app.example.com',
     'https://app.example.com true Origin'],
    ['/exact', 'https://other.example.com', '- - Origin'],
    ['/exact', undef, '- - Origin'],
    ['/exact', 'null', '- - Origin'],
    ['/exact', 'http://localhost', '- - Origin'],
    ['/any', 'https://a.example.com:8080',
     'https://a.example.com:8080 true Origin'],
    ['/any', 'https://example.com', '- - Origin'],
    ['/all', 'https://anything.at.all', '* - -'],
    ['/all', 'null', '* - -'],
    ['/events', 'https://app.example.com', '- - -'],
    ['/events', undef, '- - -'],
);

for (@cases) {
    my ($uri, $origin, $expected) = @$_;
    my $sub = get($uri, $origin);
    my $name = "$uri, " . ($origin // 'no origin');

    is($sub->status, 200, "$name: served");
    is(cors($sub), $expected, "$name: $expected");
}

# a page of the own origin needs nothing, but a cache has to know

is(get('/events', 'http://localhost')->status, 200, 'own origin is served');

# the Fetch standard's CORS-preflight request

sub preflight {
    my ($uri, $origin) = @_;

    return $t->http('OPTIONS', "$uri?topic=a", headers => {
        $origin ? (Origin => $origin) : (),
        'Access-Control-Request-Method' => 'GET',
        'Access-Control-Request-Headers' => 'last-event-id',
    });
}

for (['/exact', 'https://app.example.com'], ['/any', 'http://b.example.com'],
     ['/all', 'https://anything.at.all'])
{
    my ($uri, $origin) = @$_;
    my $r = preflight($uri, $origin);
    my $h = $r->{headers};

    is($r->{status}, 204, "$uri: who asks first may come");
    is($r->{body}, '', "$uri: without a body");
    like($h->{'access-control-allow-headers'}, qr/Last-Event-ID/i,
         "$uri: with an id");
    like($h->{'access-control-allow-methods'}, qr/GET/, "$uri: by GET");
    is($h->{'access-control-allow-origin'}, $uri eq '/all' ? '*' : $origin,
       "$uri: from that origin");
    ok($h->{'access-control-max-age'}, "$uri: for some time");
}

for (['/exact', 'https://other.example.com'], ['/exact', undef],
     ['/exact', 'http://localhost'], ['/events', 'https://app.example.com'],
     ['/events', undef])
{
    my ($uri, $origin) = @$_;
    my $r = preflight($uri, $origin);
    my $name = "$uri, " . ($origin // 'no origin');

    is($r->{status}, 405, "$name: OPTIONS is not allowed");
    is($r->{headers}{allow}, 'GET, HEAD', "$name: GET is");
    ok(!$r->{headers}{'access-control-allow-origin'},
       "$name: no origin is allowed");
}

# errors can be read as well

my $sub = $t->subscribe('/exact', headers => {
    Origin => 'https://app.example.com' });
is($sub->status, 400, 'an error');
is(cors($sub), 'https://app.example.com true Origin',
   'is for that origin to read');

$t->finish;
