#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A script publishes by a subrequest, with a body of its own.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $nginx = $ENV{RT_NGINX} || 'nginx';
my ($modules) = `$nginx -V 2>&1` =~ /--modules-path=(\S+)/;
my $njs = ($modules // '') . '/ngx_http_js_module.so';

plan skip_all => 'no njs module for this nginx' if !-f $njs;

my $t = Test::RT->new->conf(<<'CONF' =~ s/%%NJS%%/$njs/r);

%%GLOBALS%%

load_module  %%NJS%%;

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     1m;
        history  100 1s;
    }

    js_import  script from %%DIR%%/script.js;

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /many {
            js_content  script.many;
        }

        location = /forward {
            js_content  script.forward;
        }

        location = /describe {
            js_content  script.describe;
        }

        location = /publish {
            internal;
            rt_publish  news $arg_topic event=$arg_event;
        }
    }
}

CONF

$t->write('script.js', <<'JS');

async function many(r) {
    let ids = [];

    let bodies = ['one', 'two', ''];

    for (let i = 0; i < bodies.length; i++) {
        let reply = await r.subrequest('/publish',
            { method: 'POST', args: 'topic=a&event=tick', body: bodies[i] });

        ids.push(reply.status + ' ' + JSON.parse(reply.responseText).id);
    }

    r.return(200, ids.join(','));
}

async function forward(r) {
    let reply = await r.subrequest('/publish',
        { method: 'POST', args: r.variables.args, body: r.requestText });

    r.return(reply.status, reply.responseText);
}

async function describe(r) {
    let reply = await r.subrequest('/publish', { args: 'topic=a' });

    r.return(reply.status, reply.responseText);
}

export default { many, forward, describe };
JS

my ($status, $out) = $t->test_conf;
plan skip_all => "njs does not load: $out"
    if $status && $out =~ /ngx_http_js_module/;

$t->run;

my $sub = $t->subscribe('/events?topic=a');

my $answer = $t->http('GET', '/many')->{body};
my @events = map { $sub->event } 1 .. 3;

is(join('|', map { $_->{data} } @events), 'one|two|',
   'subscriber got what the script made');
is($answer, join(',', map { "200 $_->{id}" } @events),
   'the script has the ids');
is($events[0]{event}, 'tick', 'the event type comes from its arguments');

my $r = $t->http('POST', '/forward?topic=a', body => 'forwarded');
is($r->{status}, 200, 'the script may forward a body');
is(($sub->data(1))[0], 'forwarded', 'subscriber got it');

is($t->http('POST', '/forward?topic=', body => 'x')->{status}, 400,
   'the script sees what is refused');

is(json($t->http('GET', '/describe')->{body})->{messages}, 4,
   'the script may describe a topic');

$t->finish;
