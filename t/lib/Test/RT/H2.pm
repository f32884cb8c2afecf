package Test::RT::H2;

# Copyright (C) the ngx_rt authors
#
# An HTTP/2 connection by hand, for what no ordinary client would do: streams
# that do not open their windows, connections that are not read.

use strict;
use warnings;

use IO::Poll qw(POLLIN);
use Time::HiRes qw(time);

use Test::RT::Subscriber;

use constant {
    DATA => 0, HEADERS => 1, RST_STREAM => 3, SETTINGS => 4, PING => 6,
    GOAWAY => 7, WINDOW_UPDATE => 8,
};

# "window" is the one of each stream; the connection's is as large as can be
sub new {
    my ($class, %opt) = @_;

    my $self = bless {
        raw => '', streams => {}, window => 65535,
        socket => Test::RT::Subscriber::_connect(%opt), %opt,
    }, $class;

    $self->{socket}->syswrite("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    $self->_frame(SETTINGS, 0, 0, pack 'nN', 4, $self->{window});
    $self->open_window(0, 0x7fffffff - 65535);
    $self->{socket}->blocking(0);

    return $self;
}

sub _frame {
    my ($self, $type, $flags, $stream, $payload) = @_;

    my $len = length $payload;
    $self->{socket}->syswrite(
        pack('CnCCN', $len >> 16, $len & 0xffff, $type, $flags, $stream)
        . $payload);
}

# literal fields that are not indexed, RFC 7541, 6.2.2
sub get {
    my ($self, $stream, $path, %headers) = @_;

    my @fields = (
        ':method' => 'GET', ':scheme' => 'http', ':path' => $path,
        ':authority' => 'localhost', %headers,
    );
    my $block = '';

    while (my ($name, $value) = splice @fields, 0, 2) {
        $block .= pack 'C C/a C/a', 0, $name, $value;
    }

    $self->{streams}{$stream} = { data => '' };
    $self->_frame(HEADERS, 5, $stream, $block);
}

sub open_window {
    my ($self, $stream, $n) = @_;

    $self->_frame(WINDOW_UPDATE, 0, $stream, pack 'N', $n);
}

sub reset {
    my ($self, $stream) = @_;

    $self->_frame(RST_STREAM, 0, $stream, pack 'N', 8);
}

# reads until the code returns a true value, which it returns
sub pump {
    my ($self, $code, $timeout) = @_;

    my $end = time + ($timeout // 5) * $Test::RT::PATIENCE;
    my $poll = IO::Poll->new;
    $poll->mask($self->{socket} => POLLIN);

    while (1) {
        my $value = $code->();
        return $value if $value || $self->{closed} || time > $end;

        next if $poll->poll(0.05) <= 0;

        my $n = sysread $self->{socket}, $self->{raw}, 65536,
                        length $self->{raw};
        $self->{closed} = 1 if defined $n ? $n == 0 : !$!{EAGAIN};

        $self->_parse;
    }
}

sub _parse {
    my ($self) = @_;

    my $at = 0;

    while (length($self->{raw}) - $at >= 9) {
        my ($high, $low, $type, $flags, $stream)
            = unpack 'CnCCN', substr $self->{raw}, $at, 9;
        my $len = ($high << 16) + $low;

        last if length($self->{raw}) - $at < 9 + $len;

        my $payload = substr $self->{raw}, $at + 9, $len;
        my $s = $self->{streams}{$stream};
        $at += 9 + $len;

        $s->{data} .= $payload if $type == DATA;
        $s->{header} = 1 if $type == HEADERS;
        $s->{ended} = 1 if $type <= HEADERS && $flags & 1;
        $s->{reset} = 1 if $type == RST_STREAM;

        $self->{goaway} = 1 if $type == GOAWAY;
        $self->_frame(SETTINGS, 1, 0, '') if $type == SETTINGS && !$flags;
        $self->_frame(PING, 1, 0, $payload) if $type == PING && !$flags;
    }

    substr $self->{raw}, 0, $at, '';
}

sub stream { $_[0]{streams}{$_[1]} }

sub close {
    my ($self) = @_;

    $self->{socket}->close;
}

1;
