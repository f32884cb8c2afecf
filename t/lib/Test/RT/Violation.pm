package Test::RT::Violation;

# Copyright (C) the ngx_rt authors
#
# Bytes that a WebSocket is closed for.  They come behind a good message, which
# is echoed, so that they are no part of the handshake; "count" is how many were
# sent.

use strict;
use warnings;

use Test::More;

use Test::RT::WebSocket;

sub new {
    my ($class, $t) = @_;

    return bless { t => $t, count => 0 }, $class;
}

# the code that the bytes, cut at these places, are answered with
sub code {
    my ($self, $uri, $bytes, @at) = @_;

    my $c = $self->{t}->websocket($uri,
        after => Test::RT::WebSocket->frame(1, 'hello'));
    ($c->data(1))[0] eq 'hello' or return 'no echo';

    $c->send_cut($bytes, @at);
    $self->{count}++;

    my $code = $c->wait_close_code // 'none';
    return $c->messages ? 'message' : $c->{reset} ? 'reset' : $code;
}

# whole and byte by byte, detached and not; "every": also cut at each place
sub try {
    my ($self, $name, $expected, $bytes, $every) = @_;
    my $n = length $bytes;

    for my $uri ('/events', '/attached') {
        is($self->code($uri, $bytes), $expected, "$uri: $name");
        is($self->code($uri, $bytes, 1 .. $n - 1), $expected,
           "$uri: $name, byte by byte");
    }

    $every or return;
    my @bad = grep { $self->code('/events', $bytes, $_) ne $expected }
              1 .. $n - 1;
    is("@bad", '', "$name, cut anywhere");
}

sub count { $_[0]{count} }

1;
