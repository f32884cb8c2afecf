package Test::RT::Subscriber;

# Copyright (C) the ngx_rt authors
#
# An EventSource of our own: HTTP/1.x, chunked or not, and the event stream by
# the grammar of WHATWG HTML, 9.2.6.  Nothing is read but in pump().

use strict;
use warnings;

use IO::Poll qw(POLLIN);
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_RCVBUF);
use Time::HiRes qw(time);

sub new {
    my ($class, %opt) = @_;

    my $self = bless {
        raw => '', body => '', events => [], data => '', type => '',
        last_id => '', read => 0, comments => 0, %opt,
    }, $class;

    my $version = $opt{version} // '1.1';
    my $method = $opt{method} // 'GET';
    my %headers = (
        Host => 'localhost', Accept => 'text/event-stream',
        %{$opt{headers} || {}},
    );

    $headers{'Last-Event-ID'} = $opt{last_id} if defined $opt{last_id};

    my $request = "$method $opt{uri} HTTP/$version\r\n";
    $request .= "$_: $headers{$_}\r\n"
        for grep { defined $headers{$_} } sort keys %headers;

    $self->{socket} = $opt{socket} || _connect(%opt);

    # "after" is what a client has no reason to send

    $self->{socket}->syswrite("$request\r\n" . ($opt{after} // ''));
    $self->{socket}->blocking(0);

    return $self;
}

sub _connect {
    my (%opt) = @_;

    # a small window makes a client slow early

    my $s = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $opt{port},
        $opt{rcvbuf} ? (Sockopts => [[SO_RCVBUF, $opt{rcvbuf}]]) : (),
    ) || die "connect: $!";

    if ($opt{ssl}) {
        require IO::Socket::SSL;
        IO::Socket::SSL->start_SSL($s, SSL_verify_mode => 0)
            || die 'TLS: ' . IO::Socket::SSL::errstr();
    }

    return $s;
}

# reads what is there, waiting at most so long for the first byte; returns 0 at
# the end of the connection
sub pump {
    my ($self, $timeout) = @_;

    return 0 if $self->{closed};

    my $s = $self->{socket};

    if ($timeout && !($self->{ssl} && $s->pending)) {
        my $poll = IO::Poll->new;
        $poll->mask($s => POLLIN);
        return 1 if !$poll->poll($timeout);
    }

    while (1) {
        my $n = sysread $s, my $buf, 65536;

        if (!defined $n) {
            last if $!{EAGAIN} || $!{EWOULDBLOCK} || $!{EINTR};
            $self->{closed} = 1;
            $self->{reset} = 1;
            return 0;
        }

        if ($n == 0) {
            $self->{closed} = 1;
            last;
        }

        $self->{raw} .= $buf;
        $self->{read} += $n;
    }

    $self->_parse;

    # nginx may keep the connection for another request

    $self->{closed} = 1 if $self->{ended};

    return $self->{closed} ? 0 : 1;
}

sub _parse {
    my ($self) = @_;

    if (!$self->{header}) {
        return unless $self->{raw} =~ s/^(.*?)\r\n\r\n//s;

        $self->{header} = $1;

        my ($line, @lines) = split /\r\n/, $self->{header};
        ($self->{status}) = $line =~ /(\d{3})/;
        $self->{headers} = { map { my ($k, $v) = split /:\s*/, $_, 2;
                                   (lc $k, $v) } @lines };
        $self->{chunked}
            = ($self->{headers}{'transfer-encoding'} // '') eq 'chunked';
    }

    if ($self->{chunked}) {
        my $at = 0;

        while ((my $line = index $self->{raw}, "\r\n", $at) > 0) {
            my $size = substr $self->{raw}, $at, $line - $at;
            die "\"$size\" is no chunk size" if $size !~ /^[0-9a-f]+$/;

            my $len = hex $size;
            last if length $self->{raw} < $line + $len + 4;

            die 'no CRLF after a chunk'
                if substr($self->{raw}, $line + 2 + $len, 2) ne "\r\n";

            $self->{ended} = 1 if $len == 0;
            $self->{body} .= substr $self->{raw}, $line + 2, $len;
            $at = $line + $len + 4;
        }

        substr $self->{raw}, 0, $at, '';

    } else {
        $self->{body} .= $self->{raw};
        $self->{raw} = '';
    }

    return if ($self->{headers}{'content-type'} // '') !~ /event-stream/;

    # a CR at the end may be half of a CRLF

    return unless $self->{body} =~ s/^(.*(?:\n|\r(?!\z)))//s;

    my @lines = split /\r\n|\n|\r/, $1, -1;
    pop @lines;

    $self->_line($_) for @lines;
}

sub _line {
    my ($self, $line) = @_;

    if ($line eq '') {
        $self->{last_id} = $self->{id} if defined $self->{id};

        if ($self->{data} ne '') {
            chop $self->{data};

            push @{$self->{events}}, {
                id => $self->{last_id}, data => $self->{data},
                event => $self->{type} || 'message',
            };
        }

        @$self{qw(data type)} = ('', '');
        return;
    }

    if ($line =~ /^:/) {
        $self->{comments}++;
        return;
    }

    my ($field, $value) = split /:/, $line, 2;
    $value //= '';
    $value =~ s/^ //;

    $self->{id} = $value if $field eq 'id' && $value !~ /\0/;
    $self->{type} = $value if $field eq 'event';
    $self->{data} .= "$value\n" if $field eq 'data';
    $self->{retry} = $value if $field eq 'retry' && $value =~ /^\d+$/;
}

sub _until {
    my ($self, $timeout, $code) = @_;

    my $end = time + $timeout * $Test::RT::PATIENCE;

    while (1) {
        my $value = $code->();
        return $value if $value;
        return undef if time > $end;
        return $code->() if !$self->pump(0.1);
    }
}

# the response header and the priming event
sub wait_header {
    my ($self, $timeout) = @_;

    return $self->_until($timeout // 5, sub {
        $self->{header} && ($self->{status} != 200 || defined $self->{id}
                            || ($self->{method} // '') eq 'HEAD');
    });
}

# takes the next event: { id, event, data }
sub event {
    my ($self, $timeout) = @_;

    return $self->_until($timeout // 5, sub { shift @{$self->{events}} });
}

# the data of the next n events
sub data {
    my ($self, $n, $timeout) = @_;

    my @data;

    while (@data < $n) {
        my $e = $self->event($timeout) or last;
        push @data, $e->{data};
    }

    return @data;
}

# no event comes for so long
sub silent {
    my ($self, $time) = @_;

    my $end = time + $time;

    while (time < $end && !@{$self->{events}}) {
        last if !$self->pump(0.05);
    }

    return !@{$self->{events}};
}

sub wait_close {
    my ($self, $timeout) = @_;

    return $self->_until($timeout // 5, sub { $self->{closed} });
}

# events that nobody has taken yet
sub events { @{$_[0]{events}} }

sub status { $_[0]{status} }
sub headers { $_[0]{headers} || {} }
sub last_id { $_[0]{last_id} }
sub socket { $_[0]{closed} ? undef : $_[0]{socket} }

sub close {
    my ($self) = @_;

    $self->{closed} = 1;

    my $s = delete $self->{socket} or return;

    # a process started since may have it too

    shutdown $s, 2;
    $s->close;
}

sub dechunk {
    my ($text) = @_;

    my $body = '';

    while ($text =~ s/^([0-9a-fA-F]+)\r\n//) {
        $body .= substr $text, 0, hex $1, '';
        $text =~ s/^\r\n//;
    }

    return $body;
}

1;
