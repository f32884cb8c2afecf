package Test::RT::Publisher;

# Copyright (C) the ngx_rt authors
#
# A backend with one keepalive connection, which it opens again when it breaks.

use strict;
use warnings;

use IO::Socket::INET;
use JSON::PP;

my $JSON = JSON::PP->new;

sub new {
    my ($class, $t, %opt) = @_;

    return bless { t => $t, uri => '/publish', %opt }, $class;
}

# the answer's JSON, or undef if the connection broke: nobody knows then
sub publish {
    my ($self, $topic, $data) = @_;

    return $self->post("$self->{uri}?topic=$topic", $data);
}

# [topic, data] in one request
sub batch {
    my ($self, @messages) = @_;

    return $self->post($self->{uri},
        join('', map {
            $JSON->encode({topic => $_->[0], data => $_->[1]}) . "\n"
        } @messages),
        "Content-Type: application/x-ndjson\r\n");
}

sub post {
    my ($self, $uri, $body, $headers) = @_;

    local $SIG{PIPE} = 'IGNORE';

    my $s = $self->{socket} ||= $self->{t}->connect;

    my ($status, $answer, $last) = eval {
        my $text = "POST $uri HTTP/1.1\r\nHost: localhost\r\n"
            . ($headers // '')
            . 'Content-Length: ' . length($body) . "\r\n\r\n$body";

        for (my $n = 0; $n < length $text;) {
            $n += $s->syswrite($text, length($text) - $n, $n) || die;
        }

        _answer($s);
    };

    (delete $self->{socket})->close if !defined $status || $last;

    return undef if !defined $status;

    die "publish: $status $answer" if $status != 200;

    return $JSON->decode($answer);
}

sub _answer {
    my ($s) = @_;

    my $buf = '';

    while ($buf !~ /\r\n\r\n/) {
        sysread $s, $buf, 65536, length $buf or return;
    }

    my ($head, $body) = split /\r\n\r\n/, $buf, 2;
    my ($status) = $head =~ m{^HTTP/1\.1 (\d+)};
    my ($len) = $head =~ /^content-length: (\d+)/mi or return;

    while (length $body < $len) {
        sysread $s, $body, 65536, length $body or return;
    }

    return ($status, $body, $head =~ /^connection: close/mi);
}

1;
