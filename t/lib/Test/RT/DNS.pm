package Test::RT::DNS;

# Copyright (C) the ngx_rt authors
#
# A name server that knows one name, RFC 1035, in a process of its own.  The
# answer may be changed while it runs.

use strict;
use warnings;

use File::Temp qw(tempdir);
use IO::Socket::INET;
use POSIX ();
use Socket qw(inet_aton);

sub new {
    my ($class, $name, $address) = @_;

    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Proto => 'udp')
        or die "udp socket: $!";

    my $self = bless { dir => tempdir('ngx_rt_dns_XXXXXX', TMPDIR => 1,
                                      CLEANUP => 1),
                       address => '127.0.0.1:' . $socket->sockport,
                       name => $name, owner => $$ }, $class;

    $self->answer($address);

    defined(my $pid = fork) or die "fork: $!";

    if ($pid == 0) {
        $self->_serve($socket);
        POSIX::_exit(0);
    }

    $self->{pid} = $pid;

    return $self;
}

# where it listens
sub address { $_[0]{address} }

# from now on; undef: there is no such name, "none": no answer at all
sub answer {
    my ($self, $address) = @_;

    open my $f, '>', "$self->{dir}/new" or die "answer: $!";
    print $f $address // '';
    close $f or die "answer: $!";
    rename "$self->{dir}/new", "$self->{dir}/answer" or die "answer: $!";
}

# how often it was asked
sub asked { -s "$_[0]{dir}/asked" // 0 }

sub _serve {
    my ($self, $socket) = @_;

    while (defined $socket->recv(my $query, 512)) {

        open my $f, '<', "$self->{dir}/answer" or return;
        my $address = <$f> // '';

        open my $log, '>>', "$self->{dir}/asked" or return;
        print $log '.';
        close $log;

        next if $address eq 'none';

        my ($id) = unpack 'n', $query;
        my $question = substr $query, 12;
        my ($type) = unpack 'n', substr $question, -4, 2;
        my $found = $address ne '' && $type == 1;

        # a response, recursion available; 3: no such name

        $socket->send(pack('n6', $id, 0x8180 | ($address eq '' ? 3 : 0), 1,
                           $found ? 1 : 0, 0, 0)
                      . $question
                      . ($found ? pack('n3 N n a4', 0xc00c, 1, 1, 1, 4,
                                       inet_aton($address)) : ''));
    }
}

sub DESTROY {
    my ($self) = @_;

    return if $self->{owner} != $$ || !$self->{pid};

    local ($?, $@, $!);
    CORE::kill 'KILL', $self->{pid};
    waitpid $self->{pid}, 0;
}

1;
