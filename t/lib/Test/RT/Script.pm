package Test::RT::Script;

# Copyright (C) the ngx_rt authors
#
# A client in another language: a program whose lines "ok - text" and "not ok -
# text" become the test's own assertions, and whose last line is "1..n".

use strict;
use warnings;

use Exporter 'import';
use Test::More;

our @EXPORT = qw(script);

# script('python3', 'x.py', arguments)
sub script {
    my (@command) = @_;

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    local $ENV{NODE_PATH} = "$ENV{PWD}/build/browser/node_modules";

    open my $out, '-|', 'timeout', 60, @command or die "@command: $!";

    my ($n, $plan) = (0, 'none');

    while (my $line = <$out>) {
        chomp $line;

        if ($line =~ /^(not )?ok - (.*)/) {
            $n++;
            ok(!$1, $2);

        } elsif ($line =~ /^1\.\.(\d+)$/) {
            $plan = $1;

        } else {
            diag($line);
        }
    }

    close $out;

    is($?, 0, "$command[1]: status");
    is($plan, $n, "$command[1]: ran all its assertions");
}

1;
