#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A client that does not accept event streams gets 406.

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
        zone     1m;
        history  100 1s;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /events {
            rt_subscribe  news $arg_topic;
        }
    }
}

CONF

my @refused = (
    ['text/html'],
    ['application/json'],
    ['text/plain, text/html;q=0.9, image/*'],
    ['text/event-streams'],
    ['text/event'],
    ['text'],
    ['*'],
    ['text/event-stream;q=0'],
    ['text/event-stream; q=0.000'],
    ['text/event-stream ; Q=0.0'],
    ['text/event-stream;q=0, */*'],
    ['text/event-stream;q=0, text/*'],
    ['text/*;q=0, */*;q=1'],
    ['*/*;q=0'],
    ['text/html', 'application/json'],
    ['text/html', 'text/event-stream;q=0', '*/*'],
);

my @accepted = (
    [],
    [''],
    ['*/*'],
    ['text/*'],
    ['text/event-stream'],
    ['TEXT/Event-Stream'],
    ['text/event-stream;q=0.001'],
    ['text/html, text/event-stream;q=0.1'],
    ["text/html\t,\ttext/event-stream"],
    ['text/event-stream;charset=utf-8;q=0.5'],
    ['text/event-stream, */*;q=0'],
    ['text/*;q=0, text/event-stream'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
    ['text/html', 'text/event-stream'],
    ['text/event-stream', 'application/json'],
    ['text/html', 'image/*', '*/*;q=0.1'],
);

for (@refused) {
    my $r = http_parse($t->raw(request(@$_)));

    is($r->{status}, 406, 'refused: ' . join ' | ', @$_);
    is(json($r->{body})->{error}, 'no transport is acceptable to the client',
       'and the answer says why');
}

is($t->status->{streams}{news}{topics}, 0, 'nobody has subscribed');

for (@accepted) {
    my $s = $t->connect;
    $s->syswrite(request(@$_));

    local $SIG{ALRM} = sub { die 'no answer' };
    alarm 10;
    my $line = <$s>;
    alarm 0;

    like($line, qr/^HTTP\/1.1 200/, 'accepted: ' . join ' | ', @$_);
}

$t->finish;


sub request {
    return "GET /events?topic=a HTTP/1.1\r\nHost: localhost\r\n"
        . join('', map { "Accept: $_\r\n" } @_) . "Connection: close\r\n\r\n";
}
