package Test::RT::Redis;

# Copyright (C) the ngx_rt authors
#
# A real redis-server for a test, in a folder of its own, on a free port or a
# unix socket, and a client that speaks RESP.  It may be stopped, killed,
# paused, and started again with what it has kept or without.

use strict;
use warnings;

use File::Path qw(make_path remove_tree);
use IO::Socket::INET;
use IO::Socket::SSL;
use IO::Socket::UNIX;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(sleep);

# options: dir, unix (1: on a unix socket only), tls (1: by TLS only), host and
# port if they matter, conf (of a Sentinel, which it then is); all others are
# Redis's own, with "_" for "-"
sub new {
    my ($class, %opt) = @_;

    my $self = bless {
        dir => delete $opt{dir}, unix => delete $opt{unix},
        tls => delete $opt{tls}, conf => delete $opt{conf},
        host => delete $opt{host} // '127.0.0.1', port => delete $opt{port},
        opt => { save => '', appendonly => 'no',
                 repl_diskless_sync_delay => 0, %opt },
        owner => $$,
    }, $class;

    $self->{told} = 1 if $self->{port};
    make_path($self->{dir});

    return $self;
}

# starts it and waits until it answers
sub start {
    my ($self) = @_;

    for (1 .. 5) {
        $self->_spawn;

        my $ready = Test::RT::wait_for(sub {
            return -1 if waitpid($self->{pid}, WNOHANG) != 0;
            my $r = eval { $self->call('PING') };
            return defined $r && "$r" eq 'PONG';
        }, 20);

        return $self if $ready && $ready > 0;

        if ($ready) {
            delete $self->{pid};

        } else {
            $self->kill;
        }

        # someone else took the port

        delete $self->{port} unless $self->{told};
        sleep 0.1;
    }

    die "redis-server did not start:\n" . $self->log;
}

sub _spawn {
    my ($self) = @_;

    my %opt = %{$self->{opt}};

    if ($self->{unix}) {
        $opt{unixsocket} = "$self->{dir}/sock";
        $opt{port} = 0;

    } else {
        $self->{port} ||= _free_port();
        $opt{$self->{tls} ? 'tls_port' : 'port'} = $self->{port};
        $opt{port} = 0 if $self->{tls};
        $opt{bind} = $self->{host};
    }

    my @args = map { my $name = $_; $name =~ tr/_/-/;
                     ("--$name", ref $opt{$_} ? @{$opt{$_}} : $opt{$_}) }
               sort keys %opt;

    $self->_forget;

    defined(my $pid = fork) or die "fork: $!";

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{dir}/log";
        open STDERR, '>&', \*STDOUT;

        if (defined $self->{conf}) {
            { exec 'redis-server', $self->_sentinel_conf, '--sentinel' }
            POSIX::_exit(1);
        }

        { exec 'redis-server', @args, '--dir', $self->{dir},
              '--enable-debug-command', 'yes' }
        POSIX::_exit(1);
    }

    $self->{pid} = $pid;
}

# a Sentinel writes into its configuration itself
sub _sentinel_conf {
    my ($self) = @_;

    my $name = "$self->{dir}/conf";

    open my $f, '>', $name or die "$name: $!";
    print $f "port $self->{port}\nbind 127.0.0.1\ndir $self->{dir}\n",
        $self->{conf};
    close $f or die "$name: $!";

    return $name;
}

sub _free_port {
    my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
        or die "no free port: $!";

    return $s->sockport;
}

sub port { $_[0]{told} = 1; $_[0]{port} }
sub pid { $_[0]{pid} }
sub socket_path { "$_[0]{dir}/sock" }

# for the configuration; "user:password" and the like may be given
sub url {
    my ($self, $userinfo) = @_;

    return 'unix:' . $self->socket_path if $self->{unix};

    return 'redis://' . (defined $userinfo ? "$userinfo@" : '')
        . "$self->{host}:" . $self->port;
}

sub log {
    my ($self) = @_;

    open my $f, '<', "$self->{dir}/log" or return '';
    local $/;
    return scalar <$f> // '';
}

# ends it, by SIGTERM unless another signal is given
sub stop {
    my ($self, $signal) = @_;

    my $pid = delete $self->{pid} or return $self;

    $self->_forget;

    CORE::kill $signal // 'TERM', $pid;
    CORE::kill 'CONT', $pid;

    if (!Test::RT::wait_for(sub { waitpid($pid, WNOHANG) != 0 }, 10)) {
        CORE::kill 'KILL', $pid;
        waitpid $pid, 0;
    }

    unlink $self->socket_path;

    return $self;
}

sub kill { $_[0]->stop('KILL') }

# it is there, and does nothing
sub pause { CORE::kill 'STOP', $_[0]{pid} }
sub resume { CORE::kill 'CONT', $_[0]{pid} }

# forgets what it has kept; it must not run
sub wipe {
    my ($self) = @_;

    remove_tree(glob "$self->{dir}/appendonly*");
    unlink glob "$self->{dir}/*.rdb";

    return $self;
}

# a command; dies if the answer is an error
sub cli {
    my ($self, @command) = @_;

    my $r = $self->call(@command);
    die "$command[0]: $$r\n" if ref $r eq 'SCALAR';

    return $r;
}

# a command; an error is a reference to its text, an array one to its elements
sub call {
    my ($self, @command) = @_;

    # not the connection of the process that we come from

    $self->_forget if $self->{client} && $self->{client_of} != $$;

    if (!$self->{client}) {
        $self->_connect;

        if (defined(my $password = $self->{opt}{requirepass})) {
            $self->_send('AUTH', $password);
            $self->_reply;
        }
    }

    my $r = eval { $self->_send(@command); [$self->_reply] };

    if (!$r) {
        my $error = $@;
        $self->_forget;
        die $error;
    }

    return $r->[0];
}

# many commands at once, their answers
sub pipeline {
    my ($self, @commands) = @_;

    $self->call('PING');
    $self->_send(@$_) for @commands;

    return map { scalar $self->_reply } @commands;
}

# adds an entry as a backend would: the id
sub add {
    my ($self, $key, $topic, $data, $event) = @_;

    return $self->cli('XADD', $key, '*', t => $topic, d => $data,
                      defined $event ? (e => $event) : ());
}

# all entries of a stream: { id, t, d, e }
sub entries {
    my ($self, $key) = @_;

    return map { { id => $_->[0], @{$_->[1]} } }
        @{$self->cli('XRANGE', $key, '-', '+')};
}

# the number of connections other than ours
sub clients {
    my ($self) = @_;

    my @lines = split /\n/, $self->cli('CLIENT', 'LIST');
    return @lines - 1;
}

sub _connect {
    my ($self) = @_;

    $self->{client} = $self->{unix}
        ? IO::Socket::UNIX->new(Peer => $self->socket_path)
        : ($self->{tls} ? 'IO::Socket::SSL' : 'IO::Socket::INET')->new(
              PeerAddr => $self->{host}, PeerPort => $self->{port},
              $self->{tls} ? (SSL_verify_mode => 0) : ());

    die "connect to redis: $!" if !$self->{client};

    $self->{client_of} = $$;
    $self->{buf} = '';
}

sub _forget {
    my ($self) = @_;

    delete $self->{client};
}

sub _send {
    my ($self, @command) = @_;

    my $text = '*' . @command . "\r\n";
    $text .= '$' . length($_) . "\r\n$_\r\n" for map { "$_" } @command;

    local $SIG{PIPE} = 'IGNORE';

    for (my $n = 0; $n < length $text;) {
        $n += $self->{client}->syswrite($text, length($text) - $n, $n)
            || die 'redis has closed the connection';
    }
}

sub _reply {
    my ($self) = @_;

    $self->_read while index($self->{buf}, "\r\n") < 0;

    $self->{buf} =~ s/^([-+:\$*])(.*?)\r\n//s or die 'redis speaks in riddles';
    my ($type, $value) = ($1, $2);

    return $value if $type eq '+' || $type eq ':';
    return \$value if $type eq '-';
    return undef if $value < 0;
    return [map { scalar $self->_reply } 1 .. $value] if $type eq '*';

    $self->_read while length $self->{buf} < $value + 2;

    my $data = substr $self->{buf}, 0, $value + 2, '';

    return substr $data, 0, $value;
}

sub _read {
    my ($self) = @_;

    $self->{client}->sysread($self->{buf}, 65536, length $self->{buf})
        or die 'redis has closed the connection';
}

sub DESTROY {
    my ($self) = @_;

    local ($?, $@, $!);

    $self->kill if $self->{owner} == $$;
}

1;
