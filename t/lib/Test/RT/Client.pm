package Test::RT::Client;

# Copyright (C) the ngx_rt authors
#
# An EventSource that comes back: whenever its connection ends it opens another
# one with the last id it has seen.  "got" are the messages of all connections,
# "gaps" what it was told to be missing, "ended" counts the last chunks.

use strict;
use warnings;

use Test::RT::Subscriber;

sub new {
    my ($class, $t, $uri, %opt) = @_;

    my $self = bless {
        t => $t, uri => $uri, got => [], gaps => [], opened => 0,
        ended => 0, opt => {%opt},
    }, $class;

    $self->_open;

    return $self;
}

sub _open {
    my ($self) = @_;

    my $id = $self->{last_id};

    $self->{opened}++;
    $self->{sub} = Test::RT::Subscriber->new(
        port => $self->{t}->port(0), uri => $self->{uri}, %{$self->{opt}},
        defined $id ? (last_id => $id) : ());
}

sub pump {
    my ($self, $timeout) = @_;

    my $open = $self->{sub}->pump($timeout);

    $self->_take;
    $self->drop if !$open;

    return 1;
}

# closes the connection, whatever is under way on it, and opens another one
sub drop {
    my ($self) = @_;

    $self->{ended}++ if $self->{sub}{ended};
    $self->{sub}->close;
    $self->_open;
}

sub _take {
    my ($self) = @_;

    my $sub = $self->{sub};

    for my $e (splice @{$sub->{events}}) {
        push @{$self->{$e->{event} eq 'rt.gap' ? 'gaps' : 'got'}}, $e;
    }

    $self->{last_id} = $sub->{last_id} if $sub->{last_id} ne '';
}

sub primed { defined $_[0]{last_id} }
sub socket { $_[0]{sub}{socket} }
sub got { @{$_[0]{got}} }
sub gaps { @{$_[0]{gaps}} }

sub close {
    my ($self) = @_;

    $self->{sub}->close;
}

1;
