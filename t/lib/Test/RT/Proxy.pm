package Test::RT::Proxy;

# Copyright (C) the ngx_rt authors
#
# A TCP proxy with faults, in a process of its own.  All methods take effect
# before they return.  "Replies" is what comes from the server behind it.

use strict;
use warnings;

use Fcntl qw(F_SETFD);
use IO::Poll qw(POLLIN POLLHUP POLLERR);
use IO::Socket::INET;
use JSON::PP;
use POSIX ();
use Socket qw(AF_UNIX SOCK_STREAM PF_UNSPEC SOL_SOCKET SO_LINGER IPPROTO_TCP
              TCP_NODELAY);
use Time::HiRes qw(sleep);

my $JSON = JSON::PP->new->canonical->latin1;

# options: to (the port behind it, on loopback)
sub new {
    my ($class, %opt) = @_;

    my $self = bless { %opt, owner => $$ }, $class;

    my $listen = _listen();
    $self->{port} = $listen->sockport;

    socketpair $self->{control}, my $control, AF_UNIX, SOCK_STREAM, PF_UNSPEC
        or die "socketpair: $!";

    defined(my $pid = fork) or die "fork: $!";

    # a perl of its own, because what the test holds, such as ports, is not ours

    if ($pid == 0) {
        fcntl $_, F_SETFD, 0 for $listen, $control;

        { exec $^X, (map { "-I$_" } @INC), '-MTest::RT::Proxy', '-e',
              'Test::RT::Proxy::serve(@ARGV)', $self->{to}, fileno $listen,
              fileno $control }
        POSIX::_exit(1);
    }

    $self->{pid} = $pid;

    # until then it has copies of what the test holds

    $self->stat;

    return $self;
}

# a socket keeps its port while it does not listen only if it has asked for it
sub _listen {
    for (1 .. 5) {
        my $any = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1);
        my $port = $any->sockport;
        $any->close;

        my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 128,
                                      LocalPort => $port, ReuseAddr => 1);
        return $s if $s;
    }

    die "no free port: $!";
}

sub port { $_[0]{port} }

sub url {
    my ($self, $userinfo) = @_;

    return 'redis://' . (defined $userinfo ? "$userinfo@" : '')
        . "127.0.0.1:$self->{port}";
}

# from now on:

# all goes through, as at first
sub pass { $_[0]->_tell('pass') }

# nothing goes through, no connection ends
sub stall { $_[0]->_tell('stall', up => 1, down => 1) }
sub stall_replies { $_[0]->_tell('stall', down => 1) }

# the same of connections that have sent text like this one only
sub stall_replies_to {
    $_[0]->_tell('stall', down => 1, sent => $_[1]);
}

# new connections are refused by the kernel
sub refuse { $_[0]->_tell('refuse') }

# at most so many bytes at a time
sub split { $_[0]->_tell('split', n => $_[1]) }

# whatever is asked is answered with these bytes
sub answer { $_[0]->_tell('answer', bytes => $_[1]) }

# after so many bytes of replies, of all connections together, the connection
# that they are on ends, by RST or FIN; then all goes through again
sub cut_after {
    my ($self, $n, $how) = @_;

    $self->_tell('cut_after', n => $n, how => $how // 'rst');
}

# new connections go to this port
sub to { $_[0]->_tell('to', port => $_[1]) }

# at once:

# ends all connections, by RST or FIN
sub cut { $_[0]->_tell('cut', how => $_[1] // 'rst') }

# sends these bytes to all clients
sub inject { $_[0]->_tell('inject', bytes => $_[1]) }

# { now, ever: connections; cuts; up, down: bytes }
sub stat { $_[0]->_tell('stat') }

sub _tell {
    my ($self, $command, %args) = @_;

    syswrite $self->{control}, $JSON->encode({command => $command, %args}) . "\n"
        or die "proxy: $!";

    my $line = '';

    while ($line !~ /\n/) {
        sysread $self->{control}, $line, 65536, length $line
            or die 'proxy is gone';
    }

    return $JSON->decode($line);
}

sub serve {
    my ($to, $listen_fd, $control_fd) = @_;

    my $listen = IO::Socket::INET->new_from_fd($listen_fd, 'r+');
    open my $control, '+<&=', $control_fd or die "control: $!";

    local $SIG{PIPE} = 'IGNORE';

    my $self = bless {
        to => $to, pairs => {}, fault => {},
        stat => { ever => 0, cuts => 0, up => 0, down => 0 },
    }, __PACKAGE__;

    my $commands = '';

    while (1) {
        my $fault = $self->{fault};
        my $poll = IO::Poll->new;
        my %by;

        $poll->mask($control => POLLIN);
        $poll->mask($listen => POLLIN) if !$fault->{refuse};

        for my $pair (values %{$self->{pairs}}) {
            for my $from (qw(up down)) {
                next if $fault->{$from}
                    && (!defined $fault->{sent}
                        || $pair->{sent} =~ $fault->{sent});
                $poll->mask($pair->{$from} => POLLIN);
                $by{fileno $pair->{$from}} = [$pair, $from];
            }
        }

        $poll->poll(60);

        for my $s ($poll->handles(POLLIN|POLLHUP|POLLERR)) {
            if ($s == $control) {
                sysread $control, $commands, 65536, length $commands or return;

                while ($commands =~ s/^(.*)\n//) {
                    $self->_command($JSON->decode($1), $listen);

                    my $stat = { %{$self->{stat}},
                                 now => scalar keys %{$self->{pairs}} };
                    syswrite $control, $JSON->encode($stat) . "\n";
                }

                # what is ready now may not be any more

                last;
            }

            if ($s == $listen) {
                $self->_accept($listen);
                next;
            }

            my ($pair, $from) = @{$by{fileno $s // next} || next};
            $self->_move($pair, $from) if $self->{pairs}{$pair};
        }
    }
}

sub _command {
    my ($self, $c, $listen) = @_;

    my $command = $c->{command};
    my $refused = $self->{fault}{refuse};

    if ($command =~ /^(?:pass|stall|refuse|split|answer|cut_after)$/) {
        $self->{fault} = { %$c };
        $self->{fault}{$command} = 1;
    }

    if ($command eq 'refuse') {

        # the port remains ours: it is bound, and does not listen

        shutdown $listen, 2 if !$refused;

    } elsif ($self->{fault} && !$self->{fault}{refuse} && $refused) {
        listen $listen, 128 or die "listen: $!";
    }

    $self->{to} = $c->{port} if $command eq 'to';

    if ($command eq 'cut') {
        $self->_end($_, $c->{how}) for values %{$self->{pairs}};
    }

    if ($command eq 'inject') {
        $self->_write($_->{up}, $c->{bytes}) for values %{$self->{pairs}};
    }
}

# "up" is the client's socket, which is read to send up, "down" the server's
sub _accept {
    my ($self, $listen) = @_;

    my $up = $listen->accept or return;
    my $down = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                     PeerPort => $self->{to});

    my $pair = { up => $up, down => $down, sent => '' };

    if (!$down && !$self->{fault}{answer}) {
        $self->_end($pair, 'rst');
        return;
    }

    for (grep { $_ } $up, $down) {
        setsockopt $_, IPPROTO_TCP, TCP_NODELAY, 1;
    }

    # a connection that is answered by us needs no server

    if (!$down) {
        socketpair $pair->{down}, $pair->{other}, AF_UNIX, SOCK_STREAM,
            PF_UNSPEC or die "socketpair: $!";
    }

    $self->{stat}{ever}++;
    $self->{pairs}{$pair} = $pair;
}

sub _move {
    my ($self, $pair, $from) = @_;

    my $fault = $self->{fault};

    my $n = sysread $pair->{$from}, my $data, $fault->{split} ? $fault->{n}
                                                              : 65536;

    return $self->_end($pair, defined $n ? 'fin' : 'rst') if !$n;

    if ($fault->{answer}) {
        return $self->_write($pair->{up}, $fault->{bytes}) if $from eq 'up';
        return;
    }

    # what was sent last will do

    $pair->{sent} = substr $pair->{sent} . $data, -1000 if $from eq 'up';

    my $cut;

    if ($fault->{cut_after} && $from eq 'down') {
        $cut = $fault->{n} <= $n;
        substr $data, $fault->{n}, length $data, '' if $cut;
        $fault->{n} -= $n;
    }

    $self->{stat}{$from} += length $data;
    $self->_write($pair->{$from eq 'up' ? 'down' : 'up'}, $data);

    if ($cut) {
        $self->{stat}{cuts}++;
        $self->{fault} = {};
        sleep 0.005;
        $self->_end($pair, $fault->{how});
    }
}

sub _write {
    my ($self, $s, $data) = @_;

    while (length $data) {
        my $n = syswrite $s, $data or last;
        substr $data, 0, $n, '';
    }
}

sub _end {
    my ($self, $pair, $how) = @_;

    delete $self->{pairs}{$pair};

    setsockopt $pair->{up}, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0
        if $how eq 'rst';

    close $pair->{$_} for grep { $pair->{$_} } qw(up down other);
}

sub DESTROY {
    my ($self) = @_;

    return unless $self->{pid} && $self->{owner} == $$;

    local ($?, $@, $!);

    close $self->{control};
    kill 'TERM', $self->{pid};
    waitpid $self->{pid}, 0;
}

1;
