#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# An internal publish location does not exist for clients.

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

        location = /submit {
            error_page  418 = /publish?topic=$arg_topic;
            return      418;
        }

        location = /publish {
            internal;
            rt_publish  news $arg_topic;
        }
    }
}

CONF

is($t->http('POST', '/submit?topic=a', body => 'x')->{status}, 200,
   'a redirect inside nginx gets through');

my $published = $t->status->{streams}{news}{counters}{published};

for (qw(GET HEAD POST PUT DELETE PATCH)) {
    my $r = $t->http($_, '/publish?topic=a', /P/ ? (body => 'x') : ());
    is($r->{status}, 404, "$_ from outside is 404");
}

my $news = $t->status->{streams}{news};

is($news->{counters}{published}, $published, 'nothing was published');
is($news->{messages}, 1, 'and nothing was dropped');

$t->finish;
