package Test::RT::WebSocket;

# Copyright (C) the ngx_rt authors
#
# A WebSocket client that checks all that a server may not do, and can send any
# bytes itself.  Nothing is read but in pump(); pings are answered there, and so
# is a close frame, unless the client is told to be "mute".

use strict;
use warnings;

use Compress::Raw::Zlib qw(:DEFAULT);
use Digest::SHA qw(sha1_base64);
use JSON::PP;
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(time);

use Test::RT::Subscriber;

our @ISA = 'Test::RT::Subscriber';

my $JSON = JSON::PP->new->utf8->allow_nonref;
my $KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

# opcodes
use constant { CONT => 0, TEXT => 1, BINARY => 2, CLOSE => 8, PING => 9,
               PONG => 10 };

# options: headers (undef leaves a field out), protocol, deflate (1, or the
# offer), after (bytes right behind the request), mute, method, version, ssl,
# rcvbuf
sub new {
    my ($class, %opt) = @_;

    my $deflate = $opt{deflate};
    $deflate = 'permessage-deflate; client_max_window_bits'
        if ($deflate // '') eq '1';

    my $self = bless {
        raw => '', messages => [], pongs => [], read => 0, pings => 0, %opt,
    }, $class;

    my %headers = (
        'Host' => 'localhost', 'Upgrade' => 'websocket',
        'Connection' => 'Upgrade', 'Sec-WebSocket-Key' => $KEY,
        'Sec-WebSocket-Version' => 13,
        'Sec-WebSocket-Protocol' => $opt{protocol},
        'Sec-WebSocket-Extensions' => $deflate,
        %{$opt{headers} || {}},
    );

    $self->{key} = $headers{'Sec-WebSocket-Key'} // '';

    my $request = ($opt{method} // 'GET') . " $opt{uri} HTTP/"
        . ($opt{version} // '1.1') . "\r\n";

    for my $name (sort keys %headers) {
        my $value = $headers{$name};
        $request .= "$name: $_\r\n"
            for grep { defined } ref $value ? @$value : $value;
    }

    $self->{socket} = $opt{socket} || Test::RT::Subscriber::_connect(%opt);
    $self->{socket}->blocking(1);
    $self->send_raw("$request\r\n" . ($opt{after} // ''));

    return $self;
}

# sends these very bytes, though the server may have closed
sub send_raw {
    my ($self, $bytes) = @_;

    my $s = $self->{socket} or return;
    local $SIG{PIPE} = 'IGNORE';

    $s->blocking(1);

    while (length $bytes) {
        my $n = syswrite $s, $bytes or last;
        substr $bytes, 0, $n, '';
    }

    $s->blocking(0);
}

# sends what the server takes at once, returns how much that is
sub send_some {
    my ($self, $bytes) = @_;

    my $s = $self->{socket} or return 0;
    local $SIG{PIPE} = 'IGNORE';

    $s->blocking(0);

    return syswrite($s, $bytes) // 0;
}

# sends these bytes in pieces, which end at these offsets
sub send_cut {
    my ($self, $bytes, @at) = @_;

    my $from = 0;
    setsockopt $self->{socket}, IPPROTO_TCP, TCP_NODELAY, 1;

    for (@at, length $bytes) {
        $self->send_raw(substr $bytes, $from, $_ - $from);
        $from = $_;
    }
}

sub send_singly {
    my ($self, $bytes) = @_;

    $self->send_cut($bytes, 1 .. length($bytes) - 1);
}

# no more will be sent, but is still read
sub half_close {
    my ($self) = @_;

    shutdown $self->{socket}, 1;
}

# the bytes of a frame; fin (1), rsv (0), mask (4 bytes, '' for none)
sub frame {
    my ($self, $opcode, $data, %opt) = @_;

    my $mask = $opt{mask} // "\x12\x34\x56\x78";
    my $bit = $mask eq '' ? 0 : 0x80;

    $data = "$data";    # a number has other bits
    my $n = length $data;

    my $head = pack 'C', ($opt{fin} // 1) << 7 | ($opt{rsv} // 0) << 4
        | $opcode;

    $head .= $n < 126 ? pack 'C', $bit | $n
           : $n < 65536 ? pack 'Cn', $bit | 126, $n
           : pack 'CQ>', $bit | 127, $n;

    return $head . $data if $mask eq '';

    my $key = $mask x (int($n / 4) + 1);
    return $head . $mask . ($data ^ substr $key, 0, $n);
}

sub send_frame { my $self = shift; $self->send_raw($self->frame(@_)) }
sub send_text { $_[0]->send_frame(TEXT, $_[1]) }
sub send_binary { $_[0]->send_frame(BINARY, $_[1]) }
sub send_json { $_[0]->send_text($JSON->encode($_[1])) }
sub send_ping { $_[0]->send_frame(PING, $_[1] // '') }

sub send_close {
    my ($self, $code, $reason) = @_;

    $self->{said_close} = 1;
    $self->send_frame(CLOSE, defined $code ? pack('n', $code) . ($reason // '')
                                           : '');
}

# the payload of permessage-deflate, RFC 7692, 7.2.1
sub deflate {
    my ($self, $data, %opt) = @_;

    my ($z) = Compress::Raw::Zlib::Deflate->new(
        -WindowBits => -($opt{bits} // 15), -AppendOutput => 1);
    my $out = '';
    $z->deflate($data, $out);
    $z->flush($out, Z_SYNC_FLUSH);

    return substr $out, 0, -4;
}

sub inflate {
    my ($self, $data) = @_;

    # a window of the size that was agreed on must do

    my ($bits) = ($self->headers->{'sec-websocket-extensions'} // '')
        =~ /server_max_window_bits=(\d+)/;

    my ($z) = Compress::Raw::Zlib::Inflate->new(
        -WindowBits => -($bits // 15), -AppendOutput => 1);
    my $out = '';
    my $in = $data . "\0\0\xff\xff";
    my $rc = $z->inflate($in, $out);
    die "damaged deflate: $rc" if $rc != Z_OK && $rc != Z_BUF_ERROR;

    return $out;
}

sub _parse {
    my ($self) = @_;

    if (!$self->{header}) {
        return unless $self->{raw} =~ s/^(.*?)\r\n\r\n//s;

        $self->{header} = $1;

        my ($line, @lines) = split /\r\n/, $self->{header};
        ($self->{status}) = $line =~ /^HTTP\/1\.1 (\d{3})/;
        $self->{headers} = { map { my ($k, $v) = split /:\s*/, $_, 2;
                                   (lc $k, $v) } @lines };

        if ($self->{status} == 101) {
            my $want = sha1_base64($self->{key}
                . '258EAFA5-E914-47DA-95CA-C5AB0DC85B11') . '=';

            die 'wrong Sec-WebSocket-Accept'
                if $self->{headers}{'sec-websocket-accept'} ne $want;
        }
    }

    if ($self->{status} != 101) {
        $self->{body} .= $self->{raw};
        $self->{raw} = '';
        return;
    }

    while (my $frame = $self->_frame) {
        $self->_take($frame);
    }
}

# takes a whole frame off what was read
sub _frame {
    my ($self) = @_;

    my $raw = \$self->{raw};
    return undef if length $$raw < 2;

    my ($first, $n) = unpack 'CC', $$raw;
    die 'frame of a server is masked' if $n & 0x80;

    my $head = 2;

    if ($n == 126) {
        return undef if length $$raw < 4;
        $n = unpack 'x2n', $$raw;
        die 'length is not minimal' if $n < 126;
        $head = 4;

    } elsif ($n == 127) {
        return undef if length $$raw < 10;
        $n = unpack 'x2Q>', $$raw;
        die 'length is not minimal' if $n < 65536;
        $head = 10;
    }

    return undef if length $$raw < $head + $n;

    my $data = substr $$raw, $head, $n;
    substr $$raw, 0, $head + $n, '';

    return { fin => $first >> 7, rsv => $first >> 4 & 7,
             opcode => $first & 15, data => $data };
}

sub _take {
    my ($self, $f) = @_;

    die 'frame after a close frame' if defined $self->{close_code};

    if ($f->{opcode} >= CLOSE) {
        die 'control frame is fragmented, or too long, or has a bit set'
            if !$f->{fin} || length $f->{data} > 125 || $f->{rsv};

        if ($f->{opcode} == PING) {
            $self->{pings}++;
            $self->send_frame(PONG, $f->{data}) if !$self->{mute};

        } elsif ($f->{opcode} == PONG) {
            push @{$self->{pongs}}, $f->{data};

        } else {
            $self->{close_code}
                = length $f->{data} ? unpack 'n', $f->{data} : 1005;
            $self->{close_reason} = length $f->{data} > 2
                ? substr $f->{data}, 2 : '';

            $self->send_frame(CLOSE, $f->{data})
                if !$self->{mute} && !$self->{said_close}++;
        }

        return;
    }

    die 'message is fragmented' if !$f->{fin} || $f->{opcode} == CONT;
    die 'message has a reserved bit set'
        if $f->{rsv} & 3
           || $f->{rsv} && !$self->headers->{'sec-websocket-extensions'};

    $f->{deflated} = $f->{rsv} ? length $f->{data} : 0;
    $f->{data} = $self->inflate($f->{data}) if $f->{rsv};

    if ($f->{opcode} == TEXT) {
        my $copy = $f->{data};
        utf8::decode($copy) or $copy !~ /[\x80-\xff]/
            or die 'text is not UTF-8';
    }

    push @{$self->{messages}}, $f;
}

sub wait_header {
    my ($self, $timeout) = @_;

    return $self->_until($timeout // 5, sub { $self->{header} });
}

# takes the next message: { opcode, data, deflated (its length on the wire) }
sub message {
    my ($self, $timeout) = @_;

    return $self->_until($timeout // 5, sub { shift @{$self->{messages}} });
}

# the data of the next n messages
sub data {
    my ($self, $n, $timeout) = @_;

    my @data;

    while (@data < $n) {
        my $m = $self->message($timeout) or last;
        push @data, $m->{data};
    }

    return @data;
}

# the next message as JSON
sub json {
    my ($self, $timeout) = @_;

    my $m = $self->message($timeout) or return undef;
    return $JSON->decode($m->{data});
}

# the next message that is one of a topic; positions are noted on the way
sub event {
    my ($self, $timeout) = @_;

    while (my $m = $self->json($timeout)) {
        $self->{last_id} = $m->{position} // $m->{id}
            if exists $m->{position} || exists $m->{topic};
        return $m if exists $m->{topic};
    }

    return undef;
}

sub pong {
    my ($self, $timeout) = @_;

    return $self->_until($timeout // 5, sub {
        @{$self->{pongs}} ? \shift @{$self->{pongs}} : undef });
}

# what an answer that is not 101 says is wrong
sub error {
    my ($self) = @_;

    my $body = $self->_until(5, sub {
        $self->{header} && ($self->{body} // '') =~ /\n/ && $self->{body};
    }) or return undef;

    return eval { $JSON->decode($body)->{error} };
}

# no message comes for so long
sub silent {
    my ($self, $time) = @_;

    my $end = time + $time;

    while (time < $end && !@{$self->{messages}}) {
        last if !$self->pump(0.05);
    }

    return !@{$self->{messages}};
}

# the code of the server's close frame, once the connection has ended; 1006 if
# it ended without one, undef if it did not end
sub wait_close_code {
    my ($self, $timeout) = @_;

    $self->wait_close($timeout // 5) or return undef;

    return $self->{close_code} // 1006;
}

# the same, but the connection may still be open
sub close_frame {
    my ($self, $timeout) = @_;

    return $self->_until($timeout // 5, sub { $self->{close_code} });
}

sub messages { @{$_[0]{messages}} }
sub close_reason { $_[0]{close_reason} }
sub body { $_[0]{body} }
sub last_id { $_[0]{last_id} }

1;
