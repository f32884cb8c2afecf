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

    $self->{socket}->syswrite("$request\r\n");
    $self->{socket}->blocking(0);

    return $self;
}

sub _connect {
    my (%opt) = @_;

    if ($opt{ssl}) {
        require IO::Socket::SSL;
        return IO::Socket::SSL->new(
            PeerAddr => '127.0.0.1', PeerPort => $opt{port},
            SSL_verify_mode => 0,
        ) || die "connect: $! " . IO::Socket::SSL::errstr();
    }

    # a small window makes a client slow early

    my $s = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $opt{port},
        $opt{rcvbuf} ? (Sockopts => [[SO_RCVBUF, $opt{rcvbuf}]]) : (),
    ) || die "connect: $!";

    return $s;
}

# reads what is there, waiting at most so long for the first byte; returns 0 at
# the end of the connection
sub pump {
    my ($self, $timeout) = @_;

    return 0 if $self->{closed};

    my $s = $self->{socket};

    if (!($self->{ssl} && $s->pending)) {
        my $poll = IO::Poll->new;
        $poll->mask($s => POLLIN);
        return 1 if !$poll->poll($timeout // 0);
    }

    while (1) {
        my $n = sysread $s, my $buf, 65536;

        if (!defined $n) {
            last if $!{EAGAIN} || $!{EWOULDBLOCK};
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

    return $self->{closed} ? 0 : 1;
}

sub _parse {
    my ($self) = @_;

    if (!$self->{header}) {
        return unless $self->{raw} =~ s/^(.*?)\r\n\r\n//s;

        my ($line, @lines) = split /\r\n/, $1;
        ($self->{status}) = $line =~ /(\d{3})/;
        $self->{header} = $1;
        $self->{headers} = { map { my ($k, $v) = split /:\s*/, $_, 2;
                                   (lc $k, $v) } @lines };
        $self->{chunked}
            = ($self->{headers}{'transfer-encoding'} // '') eq 'chunked';
    }

    if ($self->{chunked}) {
        while ($self->{raw} =~ /^([0-9a-f]+)\r\n/) {
            my ($len, $head) = (hex $1, length $&);
            last if length $self->{raw} < $head + $len + 2;

            die 'no CRLF after a chunk'
                if substr($self->{raw}, $head + $len, 2) ne "\r\n";

            $self->{ended} = 1 if $len == 0;
            $self->{body} .= substr $self->{raw}, $head, $len;
            substr $self->{raw}, 0, $head + $len + 2, '';
        }

    } else {
        $self->{body} .= $self->{raw};
        $self->{raw} = '';
    }

    return if ($self->{headers}{'content-type'} // '') !~ /event-stream/;

    while ($self->{body} =~ s/^([^\r\n]*)(?:\r\n|\n|\r(?!\z))//) {
        $self->_line($1);
    }
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

sub status { $_[0]{status} }
sub headers { $_[0]{headers} || {} }
sub last_id { $_[0]{last_id} }

sub close {
    my ($self) = @_;

    $self->{closed} = 1;
    $self->{socket}->close if $self->{socket};
    delete $self->{socket};
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
