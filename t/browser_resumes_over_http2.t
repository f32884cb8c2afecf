#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A reload and a restart with an EventSource over HTTP/2 and TLS: its stream
# ends, by its lifetime or with nginx, and it comes back as over HTTP/1.1.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;
use Test::RT::Browser;

my $t = Test::RT->new->certificate->conf(<<'CONF')->run;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    log_format  events  '$uri $server_protocol $status';

    rt_stream news {
        zone     4m;
        history  10000 1m;
    }

    server {
        listen               127.0.0.1:%%PORT%%;
        listen               127.0.0.1:%%PORT_1%% ssl http2;
        ssl_certificate      %%DIR%%/cert.pem;
        ssl_certificate_key  %%DIR%%/key.pem;
        default_type         text/html;

        location = / {
            return  200 "<!DOCTYPE html><link rel=icon href=data:,>";
        }

        location = /events {
            if (-f %%DIR%%/closed) {
                return  444;
            }

            access_log    %%DIR%%/events.log events;
            rt_subscribe  news $arg_topic;
            rt_retry      200ms;
            rt_lifetime   1s;
        }

        location = /publish {
            rt_publish  news $arg_topic;
        }
    }
}

CONF

my $plain = 'http://127.0.0.1:' . $t->port;
my $url = 'https://127.0.0.1:' . $t->port(1) . '/';

my %handlers = (
    publish => sub { $t->publish('a', $_[0]) },
    reload => sub { ok($t->reload, 'nginx reloaded') },
    moved => sub {
        wait_for(sub {
            my $s = $t->status->{streams}{news};
            grep { $_->{generation} == $s->{generation}
                   && $_->{subscribers}{sse} } @{$s->{workers}};
        }, 10);
    },
    restart => sub {
        my ($data) = @_;

        # the message is there before the browser, however slow we are

        $t->write('closed', '');
        ok($t->stop, 'nginx stopped');
        $t->run;

        my $answer = $t->publish('a', $data);

        unlink $t->dir . '/closed';

        return $answer;
    },
);

browser('reload.js', [$url, "$plain/publish?topic=a", 'h2'], %handlers);

$t->drop('news', 'a');

browser('restart.js', [$url, 'h2'], %handlers);

my %protocols = map { $_ => 1 } $t->read('events.log') =~ m{^/events (\S+) 200$}mg;

is_deeply([keys %protocols], ['HTTP/2.0'], 'all subscriptions were HTTP/2');

$t->drop('news', 'a');

$t->finish;
