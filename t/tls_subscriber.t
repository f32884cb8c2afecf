#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Over TLS as without it: the header, the retry time and an id are there before
# any message, and the request is left behind.

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
        zone     16m;
        history  1000 1h;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport sndbuf=16k;
        listen  127.0.0.1:%%PORT_1%% ssl sndbuf=16k;

        ssl_certificate      %%DIR%%/cert.pem;
        ssl_certificate_key  %%DIR%%/key.pem;

        location = /events {
            rt_subscribe  news $arg_topic;
            rt_buffer     100k;
        }

        location = /publish {
            rt_publish  news $arg_topic;
            client_body_buffer_size  128k;
        }

        location = /short {
            rt_subscribe  news $arg_topic;
            rt_lifetime   300ms;
        }
    }
}

CONF

my @tls = (ssl => 1, port => $t->port(1));

my $sub = $t->subscribe('/events?topic=a', @tls);
is($sub->status, 200, 'header came');
is($sub->{retry}, 2000, 'and the retry time');
like($sub->last_id, qr/^\d+-\d+$/, 'and an id');
ok(wait_for(sub { $t->read('access.log') =~ /GET .events/ }),
   'request is left behind');

my @ids = map { $t->publish('a', "m$_")->{id} } 1 .. 5;
is(join(' ', $sub->data(5)), 'm1 m2 m3 m4 m5', 'messages come');

$sub->close;
my $back = $t->subscribe('/events?topic=a', last_id => $ids[1], @tls);
is(join(' ', $back->data(3)), 'm3 m4 m5', 'client resumes');

my $slow = $t->client('/events?topic=a', rcvbuf => 4096, @tls);
$t->pump([$slow], sub { $slow->primed });

my $p = $t->publisher;
$p->publish('a', "$_ " . chr(65 + $_ % 26) x 60000) for 1 .. 60;

my @large = $back->data(60);
is((grep { $large[$_ - 1] ne "$_ " . chr(65 + $_ % 26) x 60000 } 1 .. 60), 0,
   'large messages come');

ok($t->pump([$slow], sub { $slow->got == 60 }, 10),
   'a slow client gets them, too');
is(join('', map { $_->{data} } $slow->got), join('', @large), 'all the same');
is($slow->{opened}, 1, 'on one connection');

my $short = $t->subscribe('/short?topic=a', @tls);
ok($short->wait_close, 'connection is closed at the end of its lifetime');
ok($short->{ended}, 'after a last chunk');

$_->close for $back, $slow, $short;
$t->drop('news', 'a');

$t->finish;
