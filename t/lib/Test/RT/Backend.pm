package Test::RT::Backend;

# Copyright (C) the ngx_rt authors
#
# An HTTP server behind nginx, a process for each connection.  The code is given
# a request, { method, uri, headers, body }, and returns the status and the body
# of the answer, or nothing: then the connection is closed.  What has come is in
# "requests", in the order of its arrival; "most" is how many were under way at
# a time.

use strict;
use warnings;

use IO::Socket::INET;
use JSON::PP;
use POSIX qw(:sys_wait_h);

my $JSON = JSON::PP->new->latin1;

sub new {
    my ($class, $t, $code) = @_;

    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 511)
        or die "no free port: $!";

    my $self = bless {
        t => $t, port => $listen->sockport, file => 'backend', parent => $$,
    }, $class;

    defined($self->{pid} = fork) or die "fork: $!";

    if ($self->{pid} == 0) {
        setpgrp;
        eval { $self->_serve($listen, $code) };
        POSIX::_exit(0);
    }

    return $self;
}

sub port { $_[0]{port} }

sub _serve {
    my ($self, $listen, $code) = @_;

    local $SIG{CHLD} = 'IGNORE';
    local $SIG{TERM} = 'DEFAULT';

    while (getppid == $self->{parent}) {
        my $s = $listen->accept or next;

        if (fork == 0) {
            eval { $self->_answer($s, $code) };
            POSIX::_exit(0);
        }
    }
}

sub _answer {
    my ($self, $s, $code) = @_;

    my $buf = '';

    while (1) {
        while ($buf !~ /\r\n\r\n/) {
            sysread $s, $buf, 65536, length $buf or return;
        }

        my ($head, $body) = split /\r\n\r\n/, $buf, 2;
        my ($line, @lines) = split /\r\n/, $head;
        my %headers = map { my ($k, $v) = split /:\s*/, $_, 2; (lc $k, $v) }
                          @lines;
        my $len = $headers{'content-length'} // 0;

        while (length $body < $len) {
            sysread $s, $body, 65536, length $body or return;
        }

        $buf = substr $body, $len;
        $body = substr $body, 0, $len;

        my ($method, $uri) = split / /, $line;
        my $request = { method => $method, uri => $uri,
                        headers => \%headers, body => $body };

        $self->_note({ %$request, at => 'begin' });
        my ($status, $text, @more) = $code->($request);
        $self->_note({ at => 'end' });

        return if !defined $status;

        my $answer = "HTTP/1.1 $status X\r\n"
            . 'Content-Length: ' . length($text // '') . "\r\n"
            . join('', map { "$_\r\n" } @more) . "\r\n" . ($text // '');

        while (length $answer) {
            my $n = syswrite $s, $answer or return;
            substr $answer, 0, $n, '';
        }

        return if ($headers{connection} // '') eq 'close'
                  || $line =~ m{HTTP/1\.0$};
    }
}

# lines that are not cut, whoever writes
sub _note {
    my ($self, $what) = @_;

    open my $f, '>>', $self->{t}->dir . "/$self->{file}" or die;
    syswrite $f, $JSON->encode($what) . "\n";
}

sub _lines {
    my ($self) = @_;

    return map { $JSON->decode($_) }
           $self->{t}->read($self->{file}) =~ /^(.*)\n/mg;
}

sub requests { grep { $_->{at} eq 'begin' } $_[0]->_lines }

sub most {
    my ($self) = @_;

    my ($n, $most) = (0, 0);

    for ($self->_lines) {
        $n += $_->{at} eq 'begin' ? 1 : -1;
        $most = $n if $n > $most;
    }

    return $most;
}

sub DESTROY {
    my ($self) = @_;

    return if $$ != $self->{parent};

    local ($?, $!);

    # its children are in its group

    kill 'TERM', -$self->{pid}, $self->{pid};
    waitpid $self->{pid}, 0;
}

1;
