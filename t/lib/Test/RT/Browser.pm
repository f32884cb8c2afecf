package Test::RT::Browser;

# Copyright (C) the ngx_rt authors
#
# A script of t/browser/, run by Node.js, in a real Chromium.  Its assertions
# become the test's own.  A line "do: name argument" calls the test's handler of
# that name and waits for its answer, a line of JSON.

use strict;
use warnings;

use Exporter 'import';
use IO::Poll qw(POLLIN);
use JSON::PP;
use POSIX qw(:sys_wait_h);
use Test::More;
use Time::HiRes qw(time);

use Test::RT;

our @EXPORT = qw(browser);

my $JSON = JSON::PP->new->allow_nonref->canonical;

# more than a script's own watchdog
my $TIMEOUT = 75;

# browser('x.js', [arguments], name => sub { ... }, ...)
sub browser {
    my ($script, $args, %handlers) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    local $SIG{PIPE} = 'IGNORE';

    pipe my $in, my $ask or die "pipe: $!";
    pipe my $answer, my $out or die "pipe: $!";

    defined(my $pid = fork) or die "fork: $!";

    if ($pid == 0) {
        $ENV{NODE_PATH} = "$ENV{PWD}/build/browser/node_modules";
        open STDIN, '<&', $answer;
        open STDOUT, '>&', $ask;
        { exec 'node', "t/browser/$script", @$args }
        POSIX::_exit(127);
    }

    close $ask;
    close $answer;
    $out->autoflush;

    my ($n, $plan);
    my $ended = eval { ($n, $plan) = _converse($in, $out, \%handlers); 1 };
    my $error = $@;

    close $out;

    my $status = _end($pid, $ended);

    ok($ended, "$script: conversation") or diag($error);
    is($status, 0, "$script: status");
    is($plan, $n, "$script: ran all its assertions") if $ended;
}

# to the end of the script: how many assertions it made, and says it made
sub _converse {
    my ($in, $out, $handlers) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 2;

    my $poll = IO::Poll->new;
    $poll->mask($in => POLLIN);

    my $end = time + $TIMEOUT;
    my $text = '';
    my $n = 0;
    my $plan = 'none';

    while (1) {
        die "no end within $TIMEOUT seconds\n" if time > $end;

        next if !$poll->poll(0.2);
        last if !sysread $in, $text, 65536, length $text;

        while ($text =~ s/^(.*)\n//) {
            my $line = $1;

            if ($line =~ /^(not )?ok - (.*)/) {
                $n++;
                ok(!$1, $2);

            } elsif ($line =~ /^do: (\w+) ?(.*)/) {
                my $handler = $handlers->{$1} or die "no handler: $line\n";
                my $value = $handler->($2);
                print $out $JSON->encode($value), "\n";

            } elsif ($line =~ /^1\.\.(\d+)$/) {
                $plan = $1;

            } else {
                diag($line);
            }
        }
    }

    return ($n, $plan);
}

# waits for a script that has ended, ends one that has not; its browser goes
# with it
sub _end {
    my ($pid, $ended) = @_;

    my $gone = sub { waitpid($pid, WNOHANG) != 0 };

    for my $signal ($ended ? 0 : (), 'TERM', 'KILL') {
        kill $signal, $pid if $signal;
        return $? if wait_for($gone, 5);
    }

    return 'not gone';
}

1;
