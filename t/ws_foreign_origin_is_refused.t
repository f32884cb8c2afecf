#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A page of another site opens no WebSocket unless "rt_origin" names it; the
# own origin is the scheme, host and port of the request; who is no browser
# sends none.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new->certificate->conf(<<'CONF')->run;

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

        listen  127.0.0.1:%%PORT_1%% ssl;

        ssl_certificate      %%DIR%%/cert.pem;
        ssl_certificate_key  %%DIR%%/key.pem;

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

        location = /https {
            rt_subscribe  news $arg_topic;
            rt_origin     https://*.example.com;
        }

        location = /all {
            rt_subscribe  news $arg_topic;
            rt_origin     *;
        }
    }
}

CONF

my $port = $t->port(0);
my $tls = $t->port(1);
my $forbidden = 0;

sub status {
    my ($uri, $origin, %opt) = @_;

    my $ws = $t->websocket("$uri?topic=a", %opt, headers => {
        Host => $opt{host} // "localhost:$port", Origin => $origin,
    });

    if ($ws->status == 403) {
        $forbidden++;
        like($ws->error, qr/origin/, 'the answer names the origin');
    }

    $ws->close;
    return $ws->status;
}

is(status('/events', undef), 101, 'no origin passes');
is(status('/events', "http://localhost:$port"), 101, 'so does the own one');
is(status('/events', "HTTP://LocalHost:$port"), 101, 'in any case');
is(status('/events', 'http://localhost', host => 'localhost'), 101,
   'without a port that is the default');
is(status('/events', 'http://localhost:80', host => 'localhost'), 101,
   'which may be said');
is(status('/events', 'http://localhost', host => 'localhost:80'), 101,
   'on either side');
is(status('/events', 'http://[::1]:8080', host => '[::1]:8080'), 101,
   'an address of IPv6 may be the host');

my @tls = (ssl => 1, port => $tls);
is(status('/events', "https://localhost:$tls", @tls,
          host => "localhost:$tls"), 101, 'the own one over TLS passes');
is(status('/events', 'https://localhost', @tls, host => 'localhost:443'), 101,
   'with its default port');

my @foreign = (
    ['another host', 'http://example.com'],
    ['another port', 'http://localhost:1'],
    ['the default port', 'http://localhost'],
    ['another scheme', "https://localhost:$port"],
    ['a longer host', "http://localhost.example.com:$port"],
    ['a host before it', "http://localhost:$port\@example.com"],
    ['a host behind it', "http://example.com/localhost:$port"],
    ['a page', "http://localhost:$port/"],
    ['null', 'null'], ['nothing', ''], ['no scheme', "localhost:$port"],
    ['no host', 'http://'], ['a host of no scheme', "://localhost:$port"],
    ['two', ["http://localhost:$port", "http://localhost:$port"]],
    ['the own one and another', ["http://localhost:$port", 'http://a.com']],
    ['two in one field', "http://localhost:$port http://a.com"],
);

for (@foreign) {
    my ($name, $origin) = @$_;
    is(status('/events', $origin), 403, "$name: refused");
}

is(status('/events', "http://localhost:$tls", @tls,
          host => "localhost:$tls"), 403, 'http is not the own one over TLS');
is(status('/events', 'http://localhost:443', @tls,
          host => 'localhost'), 403, 'with the default port neither');

# uri, origin, does it pass?

my @listed = (
    ['/exact', 'https://app.example.com', 1],
    ['/exact', 'https://APP.example.com', 1],
    ['/exact', 'http://localhost:3000', 1],
    ['/exact', "http://localhost:$port", 1],
    ['/exact', 'http://app.example.com', 0],
    ['/exact', 'https://app.example.com:8443', 0],
    ['/exact', 'https://app.example.com.evil.com', 0],
    ['/exact', 'https://evilapp.example.com', 0],
    ['/exact', 'https://app.example.com/', 0],
    ['/exact', 'http://localhost:30000', 0],
    ['/exact', 'null', 0],
    ['/any', 'https://a.example.com', 1],
    ['/any', 'http://a.b.example.com', 1],
    ['/any', 'http://a.example.com:8080', 1],
    ['/any', 'https://A.EXAMPLE.com', 1],
    ['/any', 'https://example.com', 0],
    ['/any', 'https://.example.com', 0],
    ['/any', 'https://evilexample.com', 0],
    ['/any', 'https://a.example.com.evil.com', 0],
    ['/any', 'https://evil.com:80/a.example.com', 0],
    ['/any', 'https://evil.com#.example.com', 0],
    ['/any', 'https://evil.com?.example.com', 0],
    ['/any', 'https://evil.com\\.example.com', 0],
    ['/any', 'null', 0],
    ['/https', 'https://a.example.com', 1],
    ['/https', 'http://a.example.com', 0],
    ['/https', 'https://example.com', 0],
    ['/all', 'https://anything.at.all', 1],
    ['/all', 'null', 1],
    ['/all', ['https://a.com', 'https://b.com'], 0],
);

for (@listed) {
    my ($uri, $origin, $passes) = @$_;
    my $name = ref $origin ? "@$origin" : $origin;

    is(status($uri, $origin), $passes ? 101 : 403,
       "$uri: $name " . ($passes ? 'passes' : 'is refused'));
}

is($t->status->{streams}{news}{counters}{forbidden}, $forbidden,
   'all that were refused are counted');
my $logged = () = $t->read('error.log') =~ /origin .* is not allowed/g;
is($logged, $forbidden, 'and logged');

$t->finish;
