#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# What a location answers to a message that is passed to it: a body is sent to
# the client, an error is told by its status, and nothing is nothing.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;
use Test::RT::Backend;

my $t = Test::RT->new;

my $backend = Test::RT::Backend->new($t, sub {
    my ($r) = @_;

    return () if $r->{body} eq 'close';
    return (200, 'x' x $1) if $r->{body} =~ /^large (\d+)/;

    if ($r->{body} eq 'sleep') {
        select undef, undef, undef, 1;
        return (200, 'late');
    }

    my ($status, $text) = split / /, $r->{body}, 2;
    return ($status, $text // '', $status == 301 ? 'Location: /x' : ());
});

my $conf = <<'CONF' =~ s/%%BACKEND%%/$backend->port/ger;

%%GLOBALS%%

events {
}

http {
    %%HTTP%%

    rt_stream news {
        zone     1m;
        history  100 1h;
    }

    upstream keepalive {
        server     127.0.0.1:%%BACKEND%%;
        keepalive  4;
    }

    server {
        listen  127.0.0.1:%%PORT%%;

        location = /ws/proxy { rt_subscribe news $arg_topic; rt_receive pass /proxy; }
        location = /ws/keep { rt_subscribe news $arg_topic; rt_receive pass /keep; }
        location = /ws/text { rt_subscribe news $arg_topic; rt_receive pass /text; }
        location = /ws/empty { rt_subscribe news $arg_topic; rt_receive pass /empty; }
        location = /ws/204 { rt_subscribe news $arg_topic; rt_receive pass /204; }
        location = /ws/301 { rt_subscribe news $arg_topic; rt_receive pass /301; }
        location = /ws/404 { rt_subscribe news $arg_topic; rt_receive pass /no/such; }
        location = /ws/403 { rt_subscribe news $arg_topic; rt_receive pass /403; }
        location = /ws/405 { rt_subscribe news $arg_topic; rt_receive pass /file; }
        location = /ws/408 { rt_subscribe news $arg_topic; rt_receive pass /408; }
        location = /ws/413 { rt_subscribe news $arg_topic; rt_receive pass /413; }
        location = /ws/444 { rt_subscribe news $arg_topic; rt_receive pass /444; }
        location = /ws/499 { rt_subscribe news $arg_topic; rt_receive pass /499; }
        location = /ws/500 { rt_subscribe news $arg_topic; rt_receive pass /500; }
        location = /ws/502 { rt_subscribe news $arg_topic; rt_receive pass /502; }
        location = /ws/504 { rt_subscribe news $arg_topic; rt_receive pass /504; }
        location = /ws/page { rt_subscribe news $arg_topic; rt_receive pass /page; }
        location = /ws/named { rt_subscribe news $arg_topic; rt_receive pass /named; }
        location = /ws/rewrite { rt_subscribe news $arg_topic; rt_receive pass /rewrite; }
        location = /ws/publish { rt_subscribe news $arg_topic; rt_receive pass /publish; }
        location = /ws/small { rt_subscribe news $arg_topic; rt_receive pass /small; }
        location = /ws/identity { rt_subscribe news $arg_topic; rt_receive pass /identity; rt_identity joe; }

        location = /proxy {
            internal;
            proxy_pass  http://127.0.0.1:%%BACKEND%%;
        }

        location = /keep {
            internal;
            proxy_pass          http://keepalive;
            proxy_http_version  1.1;
            proxy_set_header    Connection "";
        }

        location = /text { return 200 "some text"; }
        location = /empty { return 200 ""; }
        location = /204 { return 204; }
        location = /301 { return 301 /x; }
        location = /403 { return 403; }
        location = /408 { return 408; }
        location = /413 { client_max_body_size 1; proxy_pass http://127.0.0.1:%%BACKEND%%; }
        location = /444 { return 444; }
        location = /499 { return 499; }
        location = /500 { return 500 "not sent"; }
        location = /502 { proxy_pass http://127.0.0.1:%%PORT_1%%; }
        location = /file { root %%DIR%%; }

        location = /504 {
            proxy_pass          http://127.0.0.1:%%BACKEND%%;
            proxy_read_timeout  200ms;
        }

        location = /page {
            error_page  404 =200 /text;
            return      404;
        }

        location = /named {
            error_page  502 504 = @fallback;
            proxy_pass  http://127.0.0.1:%%PORT_1%%;
        }

        location @fallback { return 200 "fallback for $rt_topic"; }

        location = /rewrite {
            rewrite  ^ /identity last;
        }

        location = /identity {
            return  200 "$rt_identity in $rt_stream, $rt_topic, $request_method, $scheme";
        }

        location = /publish {
            internal;
            rt_publish  news $rt_topic event=passed;
        }

        location = /small {
            subrequest_output_buffer_size  1k;
            proxy_pass  http://127.0.0.1:%%BACKEND%%;
        }
    }
}

CONF

$t->conf($conf)->run;
$t->write('file', 'a file');

my $n = 0;
my $errors = 0;

# one message, and what comes before the answer to the next
sub answer {
    my ($uri, $data, $opcode) = @_;

    my $ws = $t->websocket("/ws/$uri?topic=a");
    $ws->send_frame($opcode // 1, $data // 'hello');
    $n++;

    return ($ws, $ws->message(3));
}

sub answered {
    my ($uri, $data, $want, $name, $opcode) = @_;

    my ($ws, $m) = answer($uri, $data);
    is($m && $m->{data}, $want, $name);
    is($m && $m->{opcode}, $opcode // 1, '... in a frame of its kind');

    $errors++ if $want =~ /^\{"error"/;
}

answered('text', undef, 'some text', 'a 200 is sent back');
answered('proxy', '200 from a backend', 'from a backend', 'so is a backend\'s');
answered('keep', '200 from a backend', 'from a backend', 'by keepalive');
answered('keep', "200 \xc3\xa9", "\xc3\xa9", 'UTF-8 is text');
answered('proxy', '201 created', 'created', 'a 201 as well');
answered('proxy', '206 part', 'part', 'and a 206');

answered('identity', undef, 'joe in news, a, POST, http', 'variables');

{
    my $ws = $t->websocket('/ws/proxy?topic=a');
    $ws->send_binary("200 \xff\xfe");
    $n++;
    my $m = $ws->message;
    is("$m->{opcode} $m->{data}", "2 \xff\xfe", 'bytes are sent as binary');
}

for my $uri ('empty', '204') {
    my ($ws, $m) = do {
        my $ws = $t->websocket("/ws/$uri?topic=a");
        $ws->send_text('hello');
        $n++;
        ($ws, $ws->silent(0.2));
    };
    ok($m, "$uri: nothing is sent");
    $ws->send_ping('x');
    ok($ws->pong, '... and the connection stays');
}

{
    my $ws = $t->websocket('/ws/proxy?topic=a');
    $ws->send_text($_) for '204', '200', '200 end';
    $n += 3;
    is(($ws->data(1))[0], 'end', 'a backend may say nothing too');
}

for my $status (301, 403, 404, 405, 408, 413, 444, 499, 500, 502, 504) {
    answered($status, $status == 504 ? 'sleep' : undef, "{\"error\":$status}",
             "$status is told as an error");
}

for my $status (301, 400, 404, 408, 418, 499, 500, 503, 599) {
    answered('proxy', "$status text", "{\"error\":$status}",
             "$status of a backend is told as an error");
}

answered('proxy', 'close', '{"error":502}', 'no answer is 502');

answered('page', undef, 'some text', 'an error page may make it good');
answered('named', undef, 'fallback for a', 'a named location has variables');
answered('rewrite', undef, ' in news, a, POST, http', 'so has a rewrite');

# a location that publishes

{
    my $ws = $t->websocket('/ws/publish?topic=a');
    $ws->send_text('published');
    $n++;
    my @m = map { $ws->message } 1 .. 2;
    my ($answer) = grep { /"id"/ } map { $_->{data} } @m;
    ok(json($answer)->{id}, 'rt_publish answers with the id');
    ok(scalar(grep { $_->{data} eq 'published' } @m), '... and publishes');
}

# the limit of an answer

for my $uri ('small', 'proxy') {
    my $max = $uri eq 'small' ? 1024 : 4096;    # or a page

    answered($uri, 'large 1024', 'x' x 1024, "$uri: an answer that fits");

    for my $len ($max * 4, 100_000) {
        my $ws = $t->websocket("/ws/$uri?topic=a");
        $ws->send_text("large $len");
        $n++;
        my $m = $ws->message(3);
        like($m && $m->{data}, qr/^\{"error":50[02]\}$/,
             "$uri: an answer of $len bytes is too large")
            or diag(substr $m->{data} // 'none', 0, 100);
        $errors++;
        $ws->send_text('200 next');
        $n++;
        is(($ws->data(1))[0], 'next', '... and the next message is passed');
    }
}

my $c = $t->status->{streams}{news}{counters};
is($c->{received}, $n, 'all messages were received');
is($c->{rejected}, $errors, 'errors are counted as rejected');

$t->drop('news', 'a');
$t->finish;
