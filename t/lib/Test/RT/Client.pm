package Test::RT::Client;

# Copyright (C) the ngx_rt authors
#
# An EventSource that comes back: whenever its connection ends it opens another
# one with the last id it has seen.  "got" are the messages of all connections,
# "gaps" what it was told to be missing, "ended" counts the last chunks.
# A "mixed" one takes SSE and WebSocket in turn.

use strict;
use warnings;

use Test::RT::Subscriber;
use Test::RT::WebSocket;

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

    if ($self->{opt}{mixed} && $self->{opened} % 2 == $self->{opt}{mixed} % 2) {
        $self->{sub} = Test::RT::WebSocket->new(
            port => $self->{t}->port(0), protocol => 'rt.json',
            uri => $self->{uri} . (defined $id ? "&last_event_id=$id" : ''),
            %{$self->{opt}});
        $self->{sub}->socket->blocking(0);
        return;
    }

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

    return $self->_take_json if $sub->isa('Test::RT::WebSocket');

    for my $e (splice @{$sub->{events}}) {

        # a gap comes before the message of that number

        $e->{at} = @{$self->{got}};
        push @{$self->{$e->{event} eq 'rt.gap' ? 'gaps' : 'got'}}, $e;
    }

    $self->{last_id} = $sub->{last_id} if $sub->{last_id} ne '';
}

sub _take_json {
    my ($self) = @_;

    for my $m (splice @{$self->{sub}{messages}}) {

        # a parser in Perl would be slower than all the rest

        my $e = $m->{data}
            =~ /^\{"id":"([^"]+)","topic":"([^"]+)","data":"([^"\\]*)"\}$/
            ? { id => $1, topic => $2, data => $3 }
            : Test::RT::json($m->{data});

        push @{$self->{got}}, $e if exists $e->{topic};
        push @{$self->{gaps}}, $e if exists $e->{gap};

        $self->{last_id} = $e->{position} // $e->{id};
    }
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
