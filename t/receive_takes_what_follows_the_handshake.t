#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Messages that come in one piece with the handshake, or in the middle of it
# being answered, are received like all others, over TCP and TLS.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

plan skip_all => 'no IO::Socket::SSL' if !eval { require IO::Socket::SSL };

my $t = Test::RT->new->certificate->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     4m;
        history  1000 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%%;
        listen  127.0.0.1:%%PORT_1%% ssl;

        ssl_certificate      %%DIR%%/cert.pem;
        ssl_certificate_key  %%DIR%%/key.pem;

        location = /publish {
            rt_subscribe  news $arg_topic;
            rt_receive    publish;
        }

        location = /publish/attached {
            rt_subscribe  news $arg_topic;
            rt_receive    publish;
            rt_detach     off;
        }

        location = /pass {
            rt_subscribe  news $arg_topic;
            rt_receive    pass /answer;
            rt_identity   joe;
        }

        location = /pass/attached {
            rt_subscribe  news $arg_topic;
            rt_receive    pass /answer;
            rt_identity   joe;
            rt_detach     off;
        }

        location = /answer {
            return  200 "to $rt_identity at $remote_addr";
        }
    }
}

CONF

my $frame = sub { Test::RT::WebSocket->frame(1, $_[0]) };
my $topic = 0;

for my $port (0, 1) {
    for my $uri ('/publish', '/publish/attached', '/pass', '/pass/attached') {
        my $name = ($port ? 'TLS ' : 'TCP ') . $uri;
        my $pass = $uri =~ /pass/;

        my @opt = (port => $t->port($port), ssl => $port);

        # what a header buffer has room for, and more than that

        for my $n (1, 20, 300) {
            $topic++;
            my $ws = $t->websocket("$uri?topic=t$topic", @opt,
                                   after => join '', map { $frame->($_) }
                                            1 .. $n);

            is(join(',', $ws->data($n)),
               join(',', map { $pass ? 'to joe at 127.0.0.1' : $_ } 1 .. $n),
               "$name: $n messages behind the handshake");
        }

        # a frame that is cut by its end

        my $cut = $frame->('cut');
        $topic++;
        my $ws = $t->websocket("$uri?topic=t$topic", @opt,
                               after => substr $cut, 0, 4);
        $ws->send_raw(substr $cut, 4);
        is(($ws->data(1))[0], $pass ? 'to joe at 127.0.0.1' : 'cut',
           "$name: half a message behind the handshake");
    }
}

$t->drop('news', map { "t$_" } 1 .. $topic);
$t->finish;
