package Test::RT::Curl;

# Copyright (C) the ngx_rt authors
#
# A subscriber whose HTTP is curl's.  "ended" tells that curl was content with
# the end of the response.

use strict;
use warnings;

use parent -norequire, 'Test::RT::Subscriber';

use Test::RT::Subscriber;

sub new {
    my ($class, @args) = @_;

    my $self = bless {
        raw => '', body => '', events => [], data => '', type => '',
        last_id => '', read => 0, comments => 0,
    }, $class;

    $self->{pid} = open $self->{socket}, '-|', 'curl', '-sNi', '--noproxy',
        '*', '-H', 'Accept: text/event-stream', @args or die "curl: $!";

    $self->{socket}->blocking(0);

    return $self;
}

sub pump {
    my ($self, $timeout) = @_;

    my $open = $self->SUPER::pump($timeout);

    if (!$open && $self->{pid}) {
        waitpid delete $self->{pid}, 0;
        $self->{exit} = $? >> 8;
        $self->{ended} = $self->{exit} == 0;
    }

    return $open;
}

sub pid { $_[0]{pid} }

sub close {
    my ($self) = @_;

    $self->{closed} = 1;

    kill 'KILL', $self->{pid} if $self->{pid};
    close delete $self->{socket} if $self->{socket};
    delete $self->{pid};
}

1;
