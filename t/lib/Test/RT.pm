package Test::RT;

# Copyright (C) the ngx_rt authors
#
# A real nginx for a test: started on free ports in a folder of its own with
# two workers, stopped by pid.  finish() adds what holds for every test: no
# alert in the log, no report of a sanitizer, and memory of all streams as it
# was at the start.

use strict;
use warnings;

use Exporter 'import';
use File::Path qw(remove_tree);
use File::Temp qw(tempdir);
use IO::Poll qw(POLLIN POLLHUP POLLERR);
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP;
use POSIX qw(:sys_wait_h);
use Test::More;
use Time::HiRes qw(sleep time);

use Test::RT::Client;
use Test::RT::Curl;
use Test::RT::H2;
use Test::RT::Ledger;
use Test::RT::Proxy;
use Test::RT::Publisher;
use Test::RT::DNS;
use Test::RT::Redis;
use Test::RT::Topology;
use Test::RT::Subscriber;
use Test::RT::WebSocket;

our @EXPORT = qw(wait_for http_parse json);

my $JSON = JSON::PP->new->allow_nonref;

# a sanitized nginx is several times slower
our $PATIENCE = $ENV{RT_SANITIZE} ? 4 : 1;

sub new {
    my ($class, %opt) = @_;

    my $self = bless {
        dir => tempdir('ngx_rt_XXXXXX', TMPDIR => 1),
        nginx => $ENV{RT_NGINX} || 'nginx',
        module => $ENV{RT_MODULE} || 'build/ngx_rt_module.so',
        workers => 2,
        alerts => [],
        subscribers => [],
        ports => [],
        %opt,
    }, $class;

    chmod 0755, $self->{dir};

    $self->{module} = "$ENV{PWD}/$self->{module}"
        if $self->{module} !~ m{^/};

    return $self;
}

# the n-th free port, from 0
sub port {
    my ($self, $n) = @_;

    $n //= 0;

    while (@{$self->{ports}} <= $n) {
        my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
            or die "no free port: $!";
        push @{$self->{held}}, $s;
        push @{$self->{ports}}, $s->sockport;
    }

    return $self->{ports}[$n];
}

sub dir { $_[0]{dir} }

# writes nginx.conf: %%PORT%% and %%PORT_n%% are free ports, %%DIR%% the folder,
# %%GLOBALS%% and %%HTTP%% what every test needs at these levels, %%REDIS%% the
# URL of the test's Redis, %%PROXY%% the same by way of the proxy; and what else
# is given
sub conf {
    my ($self, $conf, %more) = @_;

    my $dir = $self->{dir};
    my @streams = $conf =~ /^\s*rt_stream\s+(\S+)/mg;

    my $globals = "worker_processes $self->{workers};\n"
        . "pid $dir/nginx.pid;\nerror_log $dir/error.log info;\n"
        . ($> == 0 ? "user root;\n" : '')
        . "load_module $self->{module};\n";

    my $http = "access_log $dir/access.log;\n";

    for (qw(client_body proxy fastcgi uwsgi scgi)) {
        $http .= "${_}_temp_path $dir/$_;\n";
    }

    $http .= "server { listen unix:$dir/status; location / { rt_status; }\n"
        . join('', map { "location /$_ { rt_publish $_ \$arg_topic; }\n" }
               @streams)
        . "}\n";

    $conf =~ s/%%GLOBALS%%/$globals/;
    $conf =~ s/%%HTTP%%/$http/;
    $conf =~ s/%%PORT%%/$self->port(0)/ge;
    $conf =~ s/%%PORT_(\d+)%%/$self->port($1)/ge;
    $conf =~ s/%%DIR%%/$dir/g;
    $conf =~ s/%%$_%%/$more{$_}/g for keys %more;
    $conf =~ s/%%REDIS%%/$self->redis->url/ge;
    $conf =~ s/%%REDIS_PORT%%/$self->redis->port/ge;
    $conf =~ s/%%PROXY%%/$self->proxy->url/ge;

    $self->write('nginx.conf', $conf);

    return $self;
}

sub write {
    my ($self, $name, $text) = @_;

    open my $f, '>', "$self->{dir}/$name" or die "$name: $!";
    print $f $text;
    close $f;

    return $self;
}

sub read {
    my ($self, $name) = @_;

    open my $f, '<', "$self->{dir}/$name" or return '';
    local $/;
    return scalar <$f> // '';
}

# the test's Redis, started when it is first asked for; see Test::RT::Redis.  To
# share it give it to new() of another one
sub redis {
    my ($self, %opt) = @_;

    return $self->{redis} ||= Test::RT::Redis->new(dir => "$self->{dir}/redis",
                                                   %opt)->start;
}

# a proxy before the test's Redis; see Test::RT::Proxy
sub proxy {
    my ($self) = @_;

    return $self->{proxy} ||= Test::RT::Proxy->new(to => $self->redis->port);
}

# all links of all workers that are not to exit are ready, of one stream if it is
# named, and so is the history
sub wait_redis {
    my ($self, $name) = @_;

    return wait_for(sub {
        my $s = $self->status->{streams};

        for my $st (map { $s->{$_} } $name // keys %$s) {
            next if !$st->{redis};
            return 0 if !$st->{redis}{ready};

            my @links = map { [@{$_->{links} || []}] }
                        grep { $_->{generation} == $st->{generation} }
                        @{$st->{workers}};

            return 0 if grep { !@$_ } @links;
            return 0 if grep { $_->{state} ne 'ready' } map { @$_ } @links;
        }

        return 1;
    }, 10);
}

# a stream's links: what the status says of each, with the worker's pid
sub links {
    my ($self, $name, $link) = @_;

    my $s = $self->status->{streams}{$name};

    return grep { !defined $link || $_->{name} eq $link }
           map { my $pid = $_->{pid}; map { { %$_, pid => $pid } }
                                          @{$_->{links} || []} }
           @{$s->{workers}};
}

# publishes until it is taken: the answer's JSON
sub publish_again {
    my ($self, @args) = @_;

    return wait_for(sub { eval { $self->publish(@args) } }, 20);
}

# nginx's answer to -t: (status, output)
sub test_conf {
    my ($self) = @_;

    delete $self->{held};

    $self->_environment;

    # when it refuses a configuration, nginx does not tidy up

    local $ENV{ASAN_OPTIONS} = ($ENV{ASAN_OPTIONS} // '') . ':detect_leaks=0';

    my $out = `$self->{nginx} -p $self->{dir} -e $self->{dir}/error.log -c $self->{dir}/nginx.conf -t 2>&1`;

    return ($? >> 8, $out);
}

sub run {
    my ($self) = @_;

    delete $self->{held};

    $self->_environment;

    defined(my $pid = fork) or die "fork: $!";

    if ($pid == 0) {
        open STDOUT, '>', "$self->{dir}/out";
        open STDERR, '>&', \*STDOUT;
        { exec $self->{nginx}, '-p', $self->{dir},
              '-e', "$self->{dir}/error.log",
              '-c', "$self->{dir}/nginx.conf", '-g', 'daemon off;' }
        POSIX::_exit(1);
    }

    $self->{pid} = $pid;

    wait_for(sub { -S "$self->{dir}/status" && eval { $self->status } }, 10)
        or do {
            $self->stop;
            die "nginx did not start:\n" . $self->read('out')
                . $self->read('error.log');
        };

    # all workers have their place in all zones

    wait_for(sub {
        my $s = $self->status->{streams};
        !grep { @{$_->{workers}} < $self->{workers} } values %$s;
    }, 10);

    my $s = $self->status->{streams};
    $self->{used} = { map { $_ => $s->{$_}{zone}{used} } keys %$s };

    return $self;
}

sub _environment {
    my ($self) = @_;

    return unless $ENV{RT_SANITIZE};

    $ENV{ASAN_OPTIONS} = 'detect_odr_violation=0:detect_leaks=1:'
        . "log_path=$self->{dir}/asan";
    $ENV{LSAN_OPTIONS} = 'print_suppressions=0:'
        . "suppressions=$ENV{PWD}/t/lib/leaks.txt";
    $ENV{UBSAN_OPTIONS} = "print_stacktrace=1:log_path=$self->{dir}/ubsan";
}

# pids of the workers that are not shutting down, of one stream if it is named
sub worker_pids {
    my ($self, $stream) = @_;

    my $s = $self->status->{streams};
    $stream //= (sort keys %$s)[0];

    my $g = $s->{$stream}{generation};

    return map { $_->{pid} }
           grep { $_->{generation} == $g } @{$s->{$stream}{workers}};
}

sub master_pid { $_[0]{pid} }

sub reload {
    my ($self) = @_;

    my $s = $self->status->{streams};
    my ($name) = sort keys %$s;
    my $g = $s->{$name}{generation};

    kill 'HUP', $self->{pid};

    return wait_for(sub {
        my $n = $self->status->{streams}{$name};
        $n->{generation} > $g
            && $self->{workers} == grep { $_->{generation} > $g }
                                   @{$n->{workers}};
    }, 20);
}

sub stop {
    my ($self, $signal) = @_;

    return 1 unless $self->{pid};

    kill $signal // 'TERM', $self->{pid};

    my $gone = wait_for(sub { waitpid($self->{pid}, WNOHANG) != 0 }, 20);

    if (!$gone) {
        kill 'KILL', $self->{pid};
        waitpid $self->{pid}, 0;
    }

    delete $self->{pid};
    unlink "$self->{dir}/status";

    return $gone;
}

# what the status location says: an object
sub status {
    my ($self, $args) = @_;

    my $r = $self->_unix('GET', '/' . ($args // ''));

    return $JSON->decode($r->{body});
}

# drops the history of topics, whatever the test's own locations allow
sub drop {
    my ($self, $stream, @topics) = @_;

    push @{$self->{dropped}{$stream}}, @topics;
    $self->_unix('DELETE', "/$stream?topic=$_") for @topics;
}

sub _unix {
    my ($self, $method, $uri) = @_;

    my $s = IO::Socket::UNIX->new(Peer => "$self->{dir}/status")
        or die "connect: $!";

    print $s "$method $uri HTTP/1.0\r\n\r\n";
    local $/;

    return http_parse(scalar <$s>);
}

# an HTTP/1.1 request on a connection of its own: { status, headers, body }
sub http {
    my ($self, $method, $uri, %opt) = @_;

    my $headers = $opt{headers} || {};
    my $body = $opt{body};

    my $text = "$method $uri HTTP/1.1\r\nHost: localhost\r\n"
        . "Connection: close\r\n";
    $text .= "$_: $headers->{$_}\r\n" for keys %$headers;
    $text .= 'Content-Length: ' . length($body) . "\r\n" if defined $body;
    $text .= "\r\n" . ($body // '');

    return http_parse($self->raw($text, %opt));
}

# sends bytes, reads to the end of the connection
sub raw {
    my ($self, $text, %opt) = @_;

    my $s = $self->connect(%opt);

    local $SIG{PIPE} = 'IGNORE';
    print $s $text;
    $s->flush;

    my $answer = '';
    my $poll = IO::Poll->new;
    $poll->mask($s => POLLIN);
    my $end = time + ($opt{timeout} // 10) * $PATIENCE;

    while (time < $end) {
        next unless $poll->poll(0.2);
        my $n = sysread $s, $answer, 65536, length $answer;
        last if !$n;
    }

    return $answer;
}

sub connect {
    my ($self, %opt) = @_;

    return IO::Socket::INET->new(
        PeerAddr => '127.0.0.1',
        PeerPort => $opt{port} // $self->port(0),
    ) || die "connect: $!";
}

# publishes through the location /publish; the answer's JSON, dies if not 200
sub publish {
    my ($self, $topic, $data, %opt) = @_;

    my $uri = ($opt{uri} // '/publish') . "?topic=$topic"
        . (defined $opt{event} ? "&event=$opt{event}" : '');

    my $r = $self->http('POST', $uri, %opt, body => $data);

    die "publish: $r->{status} $r->{body}" if $r->{status} != 200;

    return $JSON->decode($r->{body});
}

# opens a subscription and waits for its header; see Test::RT::Subscriber
sub subscribe {
    my ($self, $uri, %opt) = @_;

    my $sub = Test::RT::Subscriber->new(
        port => $self->port(0), uri => $uri, %opt);

    push @{$self->{subscribers}}, $sub;

    $sub->wait_header unless $opt{nowait};

    return $sub;
}

# the same by WebSocket; see Test::RT::WebSocket
sub websocket {
    my ($self, $uri, %opt) = @_;

    my $ws = Test::RT::WebSocket->new(
        port => $self->port(0), uri => $uri, %opt);

    push @{$self->{subscribers}}, $ws;

    $ws->wait_header unless $opt{nowait};

    return $ws;
}

# the same by curl, with its arguments; see Test::RT::Curl
sub curl {
    my ($self, @args) = @_;

    my $sub = Test::RT::Curl->new(@args);

    push @{$self->{subscribers}}, $sub;

    $sub->wait_header;

    return $sub;
}

# a client that resumes; see Test::RT::Client
sub client {
    my ($self, $uri, %opt) = @_;

    my $client = Test::RT::Client->new($self, $uri, %opt);

    push @{$self->{subscribers}}, $client;

    return $client;
}

# a backend with a keepalive connection; see Test::RT::Publisher
sub publisher {
    my ($self, %opt) = @_;

    return Test::RT::Publisher->new($self, %opt);
}

# reads for all of these subscribers or clients until the code returns a true
# value, which it returns
sub pump {
    my ($self, $subs, $code, $timeout) = @_;

    my $end = time + ($timeout // 5) * $PATIENCE;

    while (1) {
        my $value = $code->();
        return $value if $value || time > $end;

        my $poll = IO::Poll->new;
        my %by;

        for (@$subs) {
            my $s = $_->socket or next;
            $by{fileno $s} = $_;
            $poll->mask($s => POLLIN);
        }

        if (!%by) {
            sleep 0.02;
            next;
        }

        next if $poll->poll(0.05) <= 0;

        $by{fileno $_}->pump(0) for $poll->handles(POLLIN|POLLHUP|POLLERR);
    }
}

# runs the code in a process of its own; the result is code, which returns what
# that code returned, one value, or undef as long as it runs
sub background {
    my ($self, $code) = @_;

    my $file = 'job' . ++$self->{jobs};

    defined(my $pid = fork) or die "fork: $!";

    if ($pid == 0) {
        my $value = eval { [$code->()] } || { error => "$@" };
        $self->write($file, $JSON->encode($value));
        POSIX::_exit(0);
    }

    my $value;

    return sub {
        return $value if $value;
        return undef if waitpid($pid, WNOHANG) == 0;

        my $got = $JSON->decode($self->read($file));
        die "background: $got->{error}" if ref $got eq 'HASH';
        return $value = $got->[0];
    };
}

# resident memory of a process in bytes
sub rss {
    my ($self, $pid) = @_;

    open my $f, '<', "/proc/$pid/status" or return 0;
    my ($kb) = join('', <$f>) =~ /^VmRSS:\s+(\d+)/m;
    return ($kb // 0) * 1024;
}

# the order of two ids
sub id_cmp {
    my ($self, $one, $two) = @_;

    my ($ms1, $seq1) = split /-/, $one;
    my ($ms2, $seq2) = split /-/, $two;
    return $ms1 <=> $ms2 || $seq1 <=> $seq2;
}

# subscriptions are counted until nginx has noticed that they are gone
sub wait_subscribers {
    my ($self, $stream, $n) = @_;

    return wait_for(sub {
        my $s = $self->status->{streams}{$stream}{subscribers};
        my $sum = 0;
        $sum += $_ for values %$s;
        $sum == $n;
    }, 10);
}

# creates a self-signed certificate: (certificate, key)
sub certificate {
    my ($self) = @_;

    my $d = $self->{dir};
    system("openssl req -x509 -newkey rsa:2048 -nodes -days 30"
        . " -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1"
        . " -keyout $d/key.pem -out $d/cert.pem >/dev/null 2>&1") == 0
        or die 'openssl failed';

    return $self;
}

# alerts that the test provokes, such as a worker killed
sub expect_alert {
    my ($self, @patterns) = @_;

    push @{$self->{alerts}}, @patterns;

    return $self;
}

sub finish {
    my ($self, %opt) = @_;

    $_->close for @{$self->{subscribers}};

    if ($self->{pid} && !$opt{stopped}) {
        my $why;

        # what Redis has accepted may come after its topic was dropped

        wait_for(sub {
            return 1 if !defined($why = $self->_not_empty);

            my $d = $self->{dropped} || {};
            return 0 if $why =~ /^no status/;

            $self->drop($_, splice @{$d->{$_}}) for keys %$d;
            return 0;
        }, $opt{patience} // 20);

        is($why, undef, 'streams are empty and hold no more memory');
    }

    ok($self->stop, 'nginx stopped') unless $opt{stopped};

    # the master kills a worker that takes a second to exit, and to look for leaks
    # may take longer

    $self->expect_alert(qr/exited on signal 9/) if $ENV{RT_SANITIZE};

    my @alerts = grep {
        my $line = $_;
        !grep { $line =~ $_ } @{$self->{alerts}};
    } grep { /\[(alert|emerg)\]/ } split /\n/, $self->read('error.log');

    is(join("\n", @alerts), '', 'no alerts');

    my $reports = join '', map { my $f = $_; $f =~ s{.*/}{}; $self->read($f) }
        glob("$self->{dir}/asan* $self->{dir}/ubsan*");
    $reports .= $self->read('out') if $self->read('out') =~ /runtime error|Sanitizer/;

    is($reports, '', 'no sanitizer reports');

    # with two of them only the last one ends the test

    done_testing() unless $opt{more};

    $self->{passed} = Test::More->builder->is_passing;
}

# undef, or what is left
sub _not_empty {
    my ($self) = @_;

    my $streams = eval { $self->status->{streams} }
        or return "no status: $@";

    for my $name (sort keys %$streams) {
        my $s = $streams->{$name};
        my $subs = 0;
        $subs += $_ for values %{$s->{subscribers}};

        return "$name: $subs subscribers" if $subs;
        return "$name: $s->{topics} topics" if $s->{topics};
        return "$name: $s->{messages} messages" if $s->{messages};

        # the place of a worker is memory too, and there may be old workers

        return "$name: " . @{$s->{workers}} . ' workers'
            if @{$s->{workers}} != $self->{workers};

        return "$name: $s->{zone}{used} bytes, $self->{used}{$name} before"
            if $s->{zone}{used} > $self->{used}{$name};
    }

    return undef;
}

sub DESTROY {
    my ($self) = @_;

    local ($?, $@);

    # killed, the master would leave its workers behind

    $self->stop if $self->{pid};
    delete @$self{qw(proxy redis)};

    if ($self->{passed} || !$ENV{RT_KEEP}) {
        remove_tree($self->{dir});
    } else {
        diag("kept: $self->{dir}");
    }
}

# waits until the code returns a true value, which it returns
sub wait_for {
    my ($code, $timeout) = @_;

    my $end = time + ($timeout // 5) * $PATIENCE;
    my $value;

    while (1) {
        $value = $code->();
        return $value if $value || time > $end;
        sleep 0.02;
    }
}

sub json { $JSON->decode($_[0]) }

sub http_parse {
    my ($text) = @_;

    my ($head, $body) = split /\r\n\r\n/, $text // '', 2;
    my ($line, @lines) = split /\r\n/, $head // '';
    my %h;

    for (@lines) {
        my ($k, $v) = split /:\s*/, $_, 2;
        $k = lc $k;
        $h{$k} = exists $h{$k} ? "$h{$k}, $v" : $v;
    }

    $body //= '';
    $body = Test::RT::Subscriber::dechunk($body)
        if ($h{'transfer-encoding'} // '') eq 'chunked';

    return {
        status => ($line // '') =~ m{^HTTP/1\.[01] (\d+)} ? $1 : 0,
        headers => \%h,
        body => $body,
        raw => $text,
    };
}

1;
