#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# A wrong value fails "nginx -t", and the message says which value it is.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use Test::RT;

my $t = Test::RT->new->expect_alert(qr/\[emerg\]/);

# where the text goes: "main" is the http block, "zone" a stream without "zone"

sub check {
    my ($place, $text) = @_;

    my %at = (main => '', stream => '', server => '', location => '');
    my $zone = $place eq 'zone' ? '' : 'zone 1m;';
    $at{$place eq 'zone' ? 'stream' : $place} = $text;

    $t->conf(<<"CONF");
%%GLOBALS%%
events {
}
http {
    %%HTTP%%
    rt_stream news { $zone $at{stream} }
    $at{main}
    server {
        listen 127.0.0.1:%%PORT%%;
        $at{server}
        location / { $at{location} }
    }
}
CONF

    return $t->test_conf;
}

my @wrong = (
    [qw(zone), '', 'no "zone" in rt stream "news"'],
    [qw(zone), 'zone 1x;', '"1x" in "zone"'],
    [qw(zone), 'zone 0;', '"0" in "zone"'],
    [qw(zone), 'zone 255k;', '"255k" in "zone"'],
    [qw(zone), 'zone -1m;', '"-1m" in "zone"'],
    [qw(zone), 'zone;', 'number of arguments in "zone"'],
    [qw(zone), 'zone 1m 2m;', 'number of arguments in "zone"'],
    [qw(stream), 'zone 2m;', '"2m" in "zone" directive, it is duplicate'],

    [qw(stream), 'history 10;', '"10" in "history"'],
    [qw(stream), 'history on;', '"on" in "history"'],
    [qw(stream), 'history 0 1s;', '"0" in "history"'],
    [qw(stream), 'history ten 1s;', '"ten" in "history"'],
    [qw(stream), 'history 99999999999 1s;', '"99999999999" in "history"'],
    [qw(stream), 'history 10 0;', '"0" in "history"'],
    [qw(stream), 'history 10 1parsec;', '"1parsec" in "history"'],
    [qw(stream), 'history off 1s;', '"off" in "history"'],
    [qw(stream), 'history 1 1s 1s;', 'number of arguments in "history"'],
    [qw(stream), 'history off; history 1 1s;', 'it is duplicate'],

    [qw(stream), 'message_size 0;', '"0" in "message_size"'],
    [qw(stream), 'message_size big;', '"big" in "message_size"'],
    [qw(stream), 'message_size 3g;', '"3g" in "message_size"'],
    [qw(stream), 'message_size 4k; message_size 8k;',
     '"8k" in "message_size" directive, it is duplicate'],
    [qw(stream), 'message_size 131073;', '"message_size" 131073 of rt'],
    [qw(zone), 'zone 256k; message_size 64k;',
     '"message_size" 65536 of rt stream "news"'],

    [qw(stream), 'topics 0;', '"0" in "topics"'],
    [qw(stream), 'topics many;', '"many" in "topics"'],
    [qw(stream), 'topics 1; topics 2;',
     '"2" in "topics" directive, it is duplicate'],

    [qw(stream), 'colour red;', '"colour" in "rt_stream"'],
    [qw(stream), 'topics { }', 'unexpected "{"'],
    [qw(main), 'rt_stream news { zone 1m; }', 'duplicate rt stream "news"'],
    [qw(main), 'rt_stream a,b { zone 1m; }', 'stream name "a,b"'],
    [qw(main), 'rt_stream a%b { zone 1m; }', 'stream name "a%b"'],
    [qw(main), 'rt_stream "" { zone 1m; }', 'stream name ""'],
    [qw(main), 'rt_slow skip; rt_stream { zone 1m; }', 'in "rt_stream"'],
    [qw(server), 'rt_stream b { zone 1m; }', '"rt_stream" directive is not'],

    [qw(location), 'rt_subscribe news;', 'arguments in "rt_subscribe"'],
    [qw(location), 'rt_subscribe nws a;', 'unknown rt stream "nws"'],
    [qw(location), 'rt_subscribe news $nope;', 'unknown "nope" variable'],
    [qw(server), 'rt_subscribe news a;', '"rt_subscribe" directive is not'],
    [qw(location), 'rt_publish news;', 'arguments in "rt_publish"'],
    [qw(location), 'rt_publish nws a;', 'unknown rt stream "nws"'],
    [qw(location), 'rt_publish news $nope;', 'unknown "nope" variable'],
    [qw(location), 'rt_publish news a type=x;', '"type=x" in "rt_publish"'],
    [qw(location), 'rt_publish news a event=$nope;', 'unknown "nope"'],
    [qw(location), 'rt_status on;', 'arguments in "rt_status"'],

    [qw(location), 'rt_status; rt_status;', '"rt_status" directive is dup'],
    [qw(location), 'rt_subscribe news a; rt_subscribe news b;',
     '"rt_subscribe" directive is duplicate'],
    [qw(location), 'rt_publish news a; rt_publish news b;',
     '"rt_publish" directive is duplicate'],
    [qw(location), 'rt_publish news a; rt_subscribe news b;',
     '"rt_subscribe" directive conflicts'],
    [qw(location), 'rt_subscribe news b; rt_status;',
     '"rt_status" directive conflicts'],
    [qw(location), 'proxy_pass http://127.0.0.1:1; rt_publish news a;',
     '"rt_publish" directive conflicts'],

    (map { ['location', "rt_ping $_;", "\"$_\" in \"rt_ping\""],
           ['location', "rt_retry $_;", "\"$_\" in \"rt_retry\""],
           ['location', "rt_lifetime $_;", "\"$_\" in \"rt_lifetime\""] }
         qw(0 abc -1 1y1y)),
    [qw(location), 'rt_retry off;', '"off" in "rt_retry"'],

    (map { ['location', "rt_start $_;", "\"$_\" in \"rt_start\""] }
         qw(now last last= last=0 last=-1 last=1001 last=x last=1x)),
    (map { ['location', "rt_buffer $_;", "\"$_\" in \"rt_buffer\""] }
         qw(0 abc -1k 1t)),
    (map { ['location', "rt_topics_max $_;", "\"$_\" in \"rt_topics_max\""] }
         qw(0 abc -1 1025)),
    [qw(location), 'rt_slow drop;', 'invalid value "drop"'],
    [qw(location), 'rt_detach maybe;', 'invalid value "maybe"'],

    (map { ['location', "rt_origin $_;", "\"$_\" in \"rt_origin\""] }
         qw(example.com null https:// ://a.com https://a.com/ https://a.com/x
            https://u@a.com *.  https://*.*.com *.a.com/ *.*.com **
            http://a.com?b http://a.com\\b)),
    [qw(location), 'rt_origin https://a.com b.com;', '"b.com" in "rt_origin"'],
    [qw(location), 'rt_origin;', 'number of arguments in "rt_origin"'],
    (map { ['location', "rt_deflate $_;", "\"$_\" in \"rt_deflate\""] }
         qw(on 0 abc -1k 1t)),
    [qw(location), 'rt_deflate 1k 2k;', 'number of arguments in "rt_deflate"'],
    (map { ['location', "rt_receive $_;", "\"$_\" in \"rt_receive\""] }
         qw(on pass)),
    [qw(location), 'rt_receive publish /x;', '"publish" in "rt_receive"'],
    [qw(location), 'rt_receive off /x;', '"off" in "rt_receive"'],
    [qw(location), 'rt_receive pass x;', '"x" in "rt_receive"'],
    [qw(location), 'rt_receive pass http://a/;', '"http://a/" in "rt_receive"'],
    [qw(location), 'rt_receive pass /x y;',
     'number of arguments in "rt_receive"'],
    [qw(location), 'rt_identity;', 'number of arguments in "rt_identity"'],
    [qw(location), 'rt_identity $none;', 'unknown "none" variable'],
    [qw(location), 'rt_subscribe news a b;', '"b" in "rt_subscribe"'],
    [qw(location), 'rt_subscribe news a dynamic;',
     '"dynamic" in "rt_subscribe"'],
    (map { ['location', "rt_subscribe news a dynamic=$_;",
            "\"$_\" of \"dynamic\""] } '', ',', 'a,', ',a', 'a,,b'),
    [qw(location), 'rt_subscribe news a dynamic=~;', '"" of "dynamic"'],
    [qw(location), 'rt_subscribe news a "dynamic=~a(b";',
     '"a(b" of "dynamic"'],
    [qw(location), 'rt_subscribe news a dynamic=a dynamic=b;',
     'number of arguments in "rt_subscribe"'],

    (map { ['location', "$_; $_;", (split)[0] . '" directive is duplicate'] }
         'rt_ping 1s', 'rt_ping off', 'rt_retry 1s', 'rt_lifetime 1s',
         'rt_start new', 'rt_buffer 1k', 'rt_topics_max 1', 'rt_slow skip',
         'rt_detach on', 'rt_origin *', 'rt_deflate 1k', 'rt_deflate off',
         'rt_receive publish', 'rt_receive off', 'rt_receive pass /x',
         'rt_identity a'),
);

for (@wrong) {
    my ($place, $text, $message) = @$_;
    my ($status, $out) = check($place, $text);

    ok($status != 0 && $out =~ /\[emerg\].*\Q$message\E/,
       $text ? "refused: $text" : 'refused: a stream without a zone')
        or diag($out);
}

my @right = (
    [qw(zone), 'zone 256k; message_size 32k;'],
    [qw(stream), 'history off; message_size 128k; topics 1;'],
    [qw(stream), 'history 1 1ms;'],
    [qw(server), 'rt_ping off; rt_lifetime off; rt_retry 1ms; rt_slow skip;'],
    [qw(main), 'rt_start last=1000; rt_buffer 1; rt_topics_max 1024;'],
    [qw(location), 'rt_publish news $arg_topic event=$arg_event;'],
    [qw(main), 'rt_origin * https://a.com *.a.com https://*.a.com:8443'
     . ' http://[::1]:80; rt_deflate off; rt_receive off; rt_identity $uri;'],
    [qw(server), 'rt_deflate 1; rt_receive publish; rt_identity "";'],
    [qw(location), 'rt_subscribe news $arg_topic "dynamic=~^room\.[a-z]{1,9}$";'
     . ' rt_receive pass /x?a=b;'],
    [qw(location), 'rt_subscribe news "" dynamic=a,b.,c;'],
    [qw(location), 'rt_subscribe late x; } location /x { rt_status; } }'
     . ' rt_stream late { zone 1m; } server { location / {'],
);

for (@right) {
    my ($status, $out) = check(@$_);
    is($status, 0, "accepted: $_->[1]") or diag($out);
}

$t->finish;
