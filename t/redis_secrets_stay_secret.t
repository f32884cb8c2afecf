#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Passwords are in no log and in no status, whatever goes wrong.

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
        redis    redis://someone:S3cr%65t@127.0.0.1:%%REDIS_PORT%%;
    }

    server {
        listen  127.0.0.1:%%PORT%% reuseport;

        location = /events {
            rt_subscribe  news $arg_topic;
        }

        location = /publish {
            rt_publish  news $arg_topic event=$arg_event;
        }
    }
}

CONF

ok(wait_for(sub {
    grep { ($_->{error} // '') =~ /^WRONGPASS/ } $t->links('news');
}, 10), 'the password is wrong');

is($t->http('POST', '/publish?topic=a', body => 'x')->{status}, 503,
   'publishers are refused');

my $status = $t->http('GET', '/', unix => 1);
unlike(explain($t->status), qr/S3c/, 'the status has no password');
unlike($t->read('error.log'), qr/S3c/, 'the log has none');
like($t->read('error.log'), qr/\[error\].*is lost: WRONGPASS/,
     'but says what is wrong');

$t->redis->cli('ACL', 'SETUSER', 'someone', 'on', '>S3cret', '~*', '+@all');
my $id = $t->publish_again('a', 'x')->{id};
ok(wait_for(sub { $t->status->{streams}{news}{last_id} eq $id }, 10),
   'with the right password it works');

$t->drop('news', 'a');

$t->finish;
