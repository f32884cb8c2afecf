#!/usr/bin/perl

# Copyright (C) the ngx_rt authors

# Directives, counters, variables and warnings are documented, and nothing else
# is; links between documents lead somewhere.

use strict;
use warnings;

use File::Find;
use Test::More;

sub slurp { local (@ARGV, $/) = ($_[0]); scalar <> }

my (%code, %docs);

find(sub { $code{$File::Find::name} = slurp($_) if /\.[ch]$/ },
     'ngx_rt_module');
$docs{$_} = slurp($_) for 'README.md', glob 'docs/*.md';

my $code = join "\n", map { $code{$_} } sort keys %code;
my $reference = $docs{'docs/reference.md'};
my $troubles = $docs{'docs/troubleshooting.md'};

# directives: those of nginx's tables, and those of the stream block

my %directives;

$directives{$_} = 1
    for $code{'ngx_rt_module/ngx_rt_module.c'}
        =~ /ngx_string\("(rt_[a-z_]+)"\)/g;
$directives{$_} = 1
    for $code{'ngx_rt_module/ngx_rt_conf_stream.c'}
        =~ /\{ ngx_string\("([a-z_]+)"\), \d+, /g;

my %variables = map { $_ => 1 }
    $code{'ngx_rt_module/status/ngx_rt_variable.c'}
    =~ /ngx_string\("(rt_[a-z_]+)"\)/g;

cmp_ok(scalar(keys %directives), '>', 10, 'directives are found');
cmp_ok(scalar(keys %variables), '>', 3, 'variables are found');

my %documented = map { $_ => 1 } $reference =~ /^### (\S+)$/mg;

is_deeply([sort keys %documented], [sort keys %directives],
          'each directive has a section of its own');

for (sort keys %directives) {
    like($reference, qr/Syntax: \| \*\*$_\*\*/, "$_ has a syntax");
}

is_deeply([sort grep { $_ } map { /^\| `\$(rt_\w+)`/ && $1 }
           split /\n/, $reference],
          [sort keys %variables], 'each variable is documented');

# counters, word for word

my ($table) = $code =~ /#define NGX_RT_COUNTERS\(_\)(.*?)\n\n/s;
my %counters = $table =~ /_\((\w+),\s+"(.*?)"\)/g;
my %told = $reference =~ /^\| `([a-z]+)` \| (.*?) \|$/mg;

is_deeply(\%told, \%counters, 'each counter is documented as in the code');

# what an operator may find in the log

my @messages = $code
    =~ /ngx_log_error\(NGX_LOG_(?:WARN|NOTICE|ERR|CRIT),[^;]*?"((?:[^"\\]|\\.)*)"/g;
cmp_ok(scalar(@messages), '>', 3, 'log messages are found');

for my $message (@messages) {
    $message =~ s/\\"/"/g;
    my ($start) = split /%u?[a-zA-Z]+/, $message;
    $start =~ s/"$//;
    my ($end) = reverse split /%u?[a-zA-Z]+/, $message;
    $end =~ s/^"//;
    my ($word) = ($end // '') =~ /(\w*)$/;
    like($troubles, qr/\Q$start\E.*\Q$word\E/, "\"$message\" is explained");
}

# links

for my $file (sort keys %docs) {
    my ($dir) = $file =~ m{^(.*/)};
    $dir //= '';

    for my $link ($docs{$file} =~ /\]\(([^)\s]+)\)/g) {
        next if $link =~ /^https?:/;
        my ($path, $anchor) = split /#/, $link;
        my $target = $path eq '' ? $file : "$dir$path";

        ok(-e $target, "$file: $link is there");

        if (defined $anchor) {
            my @anchors = map { my $h = lc; $h =~ s/[^a-z0-9_ -]//g;
                                $h =~ s/ /-/g; $h }
                slurp($target) =~ /^#+ (.*)$/mg;
            ok((grep { $_ eq $anchor } @anchors), "$file: #$anchor is there");
        }
    }
}

cmp_ok(scalar(split /\n/, $docs{'README.md'}), '<=', 150, 'README is short');

done_testing();
