package Test::RT::Ledger;

# Copyright (C) the ngx_rt authors
#
# Publishers that note what was acknowledged, and clients that resume: whatever
# happens in between, each acknowledged message reaches each client once and in
# order, or lies in a gap that the client was told of.

use strict;
use warnings;

use Test::More;

# options: topics, clients (so many), readers and writers (of Test::RT, the
# hosts that they are at; $t)
sub new {
    my ($class, $t, %opt) = @_;

    my $self = bless {
        t => $t, topics => ['a'], readers => [$t], writers => [$t],
        clients => 4, noted => [], %opt,
    }, $class;

    my @readers = @{$self->{readers}};
    my $uri = '/events?topic=' . join ',', @{$self->{topics}};

    $self->{clients} = [map { $readers[$_ % @readers]->client($uri) }
                            1 .. $self->{clients}];

    $self->pump(sub { !grep { !$_->primed } $self->clients }, 10)
        or die 'clients get no first event';

    return $self;
}

sub clients { @{$_[0]{clients}} }

sub pump {
    my ($self, $code, $timeout) = @_;

    return $self->{t}->pump($self->{clients}, $code, $timeout);
}

# a publisher for each topic at each host, until check()
sub start {
    my ($self) = @_;

    for my $host (@{$self->{writers}}) {
        for my $topic (@{$self->{topics}}) {
            my $file = $self->{t}->dir . '/ledger' . keys %{$self->{jobs}};
            $self->{jobs}{$file} = $host->background(sub {
                $self->_publish($host, $topic, $file)
            });
        }
    }

    return $self;
}

sub _publish {
    my ($self, $host, $topic, $file) = @_;

    my $p = $host->publisher;
    my $n = 0;

    open my $out, '>', $file or die "$file: $!";
    $out->autoflush;

    while (!-e $self->{t}->dir . '/stop') {
        my $data = "$file-" . ++$n;

        # what was answered otherwise, or not at all, was not acknowledged

        if (my $answer = eval { $p->publish($topic, $data) }) {
            print $out ($answer->{id} // '-') . " $data\n";
            select undef, undef, undef, 0.001;

        } else {
            delete $p->{socket};
            select undef, undef, undef, 0.02;
        }
    }

    return $n;
}

# what another publisher was answered
sub add {
    my ($self, $id, $data) = @_;

    push @{$self->{noted}}, [$id, $data];
}

# [id, data] of all acknowledged messages
sub acknowledged {
    my ($self) = @_;

    my @all = @{$self->{noted}};

    for my $file (keys %{$self->{jobs}}) {
        open my $in, '<', $file or next;
        push @all, map { chomp; [split / /, $_, 2] } grep { /\n/ } <$in>;
    }

    return @all;
}

# reads until so many more were acknowledged
sub more {
    my ($self, $n, $timeout) = @_;

    my $had = $self->acknowledged;

    return $self->pump(sub { $self->acknowledged >= $had + $n },
                       $timeout // 20);
}

# the assertions; { gaps, missing }: how many, of all clients
sub check {
    my ($self) = @_;

    my $t = $self->{t};

    $t->write('stop', '');
    $self->pump($_, 30) // die 'a publisher does not end'
        for values %{$self->{jobs}};

    # a last one in each topic

    for my $topic (@{$self->{topics}}) {
        my $answer = $self->pump(sub {
            eval { $t->publish($topic, "last $topic") }
        }, 30) || die 'nothing can be published';
        $self->add($answer->{id} // '-', "last $topic");
    }

    my @all = $self->acknowledged;

    ok($self->pump(sub { !grep { !$self->_ended($_) } $self->clients }, 30),
       'all clients have the newest messages');

    my %sum = (gaps => 0, missing => 0, untold => 0, twice => 0, order => 0);

    for my $c ($self->clients) {
        my @got = $c->got;
        my (%got, %at);

        $got{$_->{data}}++ for @got;
        $at{$_->{at}} = 1 for $c->gaps;

        my @missing = grep { !$got{$_->[1]} } @all;
        my @untold = _untold(\@got, [$c->gaps], map { $_->[0] } @missing);

        $sum{gaps} += $c->gaps;
        $sum{missing} += @missing;
        $sum{untold} += @untold;
        $sum{twice} += grep { $_ > 1 } values %got;
        $sum{order} += grep { !$at{$_} && $t->id_cmp($got[$_ - 1]{id},
                                                     $got[$_]{id}) >= 0 }
                       1 .. $#got;

        diag(explain({ untold => $untold[0], gaps => [$c->gaps] })) if @untold;
    }

    is($sum{untold}, 0, 'each acknowledged message arrived, or a gap was told');
    is($sum{twice}, 0, 'none came twice');
    is($sum{order}, 0, 'ids increase but after a gap');

    return \%sum;
}

# the last messages that it got are the last ones of the topics
sub _ended {
    my ($self, $client) = @_;

    my @got = $client->got;
    my @topics = @{$self->{topics}};

    return @got >= @topics && !grep { $_->{data} !~ /^last / }
                               @got[-@topics .. -1];
}

# ids that lie in no gap.  "resumed" is below "after" if ids went back: then the
# gap goes up to the next message that came.
sub _untold {
    my ($got, $gaps, @ids) = @_;

    my @ranges;

    for my $gap (@$gaps) {
        my ($after, $resumed) = map { _sortable($_) }
            @{Test::RT::json($gap->{data})}{qw(after resumed)};
        my $next = $got->[$gap->{at}];
        my $end = $next ? _sortable($next->{id}) : '';

        if ($after le $resumed) {
            push @ranges, [$after, $resumed];

        } else {
            push @ranges, ['', $resumed],
                [$after, $end gt $after ? $end : '~'];
        }
    }

    @ranges = sort { $a->[0] cmp $b->[0] } @ranges;

    my $told = '';
    my @untold;

    for my $id (sort map { _sortable($_) } @ids) {

        while (@ranges && $ranges[0][0] lt $id) {
            my $range = shift @ranges;
            $told = $range->[1] if $range->[1] gt $told;
        }

        push @untold, $id if $id eq '' || $id gt $told;
    }

    return @untold;
}

# an empty "after" is below all
sub _sortable {
    my ($id) = @_;

    return $id =~ /^(\d+)-(\d+)$/ ? sprintf('%020s-%020s', $1, $2) : '';
}

sub close {
    my ($self) = @_;

    $_->close for $self->clients;
}

1;
