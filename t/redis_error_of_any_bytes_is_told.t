#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# An error of a server may be any bytes: the log and the status tell of it, and of
# all links, in text.

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
        history  1000 1h;
        redis    %%PROXY%%;
    }
}

CONF

$t->wait_redis;

for (["-ERR \xff\xfe\e[31m\r\n", 'ERR ???[31m'], ["-\r\n", '']) {
    my ($answer, $text) = @$_;
    my $from = length $t->read('error.log');

    $t->proxy->answer($answer);
    $t->proxy->cut;

    ok(wait_for(sub {
        my @links = $t->links('news');
        @links == 3 && !grep { ($_->{error} // '') ne $text } @links;
    }, 10), "\"$text\": the status says so") or diag(explain([$t->links('news')]));

    like(substr($t->read('error.log'), $from), qr/is lost: \Q$text\E$/m,
         'and the log');

    $t->proxy->pass;
    $t->proxy->cut;
    ok($t->wait_redis, 'links are ready again');
}

$t->finish;
