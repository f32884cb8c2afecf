package Test::RT::Topology;

# Copyright (C) the ngx_rt authors
#
# Several servers of Redis: a master, a replica and three Sentinels, or a cluster
# of three masters.

use strict;
use warnings;

use File::Path qw(make_path);

# a master that three Sentinels know as "mymaster", and its replica
sub sentinel {
    my ($class, $dir) = @_;

    my $master = Test::RT::Redis->new(dir => "$dir/master")->start;
    my $replica = Test::RT::Redis->new(dir => "$dir/replica",
        replicaof => ['127.0.0.1', $master->port])->start;
    my @sentinels;

    for (1 .. 3) {
        my $d = "$dir/sentinel$_";
        make_path($d);

        push @sentinels, Test::RT::Redis->new(dir => $d, conf => <<"END")->start;
sentinel monitor mymaster 127.0.0.1 @{[$master->port]} 2
sentinel down-after-milliseconds mymaster 1000
sentinel failover-timeout mymaster 3000
END
    }

    my $self = bless { servers => [$master, $replica],
                       sentinels => \@sentinels }, $class;

    # they have to know each other and the replica before a failover

    Test::RT::wait_for(sub {
        my %m = @{$sentinels[0]->cli('SENTINEL', 'MASTER', 'mymaster')};
        return $m{'num-other-sentinels'} == 2 && $m{'num-slaves'} == 1
            && $replica->cli('INFO') =~ /master_link_status:up/;
    }, 30) or die 'the Sentinels do not find each other';

    return $self;
}

# three masters that share the slots
sub cluster {
    my ($class, $dir) = @_;

    my @servers = map { Test::RT::Redis->new(dir => "$dir/node$_",
        _node())->start } 1 .. 3;

    system('redis-cli --cluster create --cluster-yes '
           . join(' ', map { '127.0.0.1:' . $_->port } @servers)
           . " > $dir/cluster.log 2>&1") == 0
        or die 'the cluster was not created';

    Test::RT::wait_for(sub {
        !grep { $_->cli('CLUSTER', 'INFO') !~ /cluster_state:ok/ } @servers;
    }, 20) or die 'the cluster is not ready';

    return bless { servers => \@servers }, $class;
}

# what is left of a cluster serves its slots
sub _node {
    return (cluster_enabled => 'yes', cluster_node_timeout => 2000,
            cluster_require_full_coverage => 'no');
}

# another node of the cluster, which has what this one has
sub add_replica {
    my ($self, $master, $dir) = @_;

    my $replica = Test::RT::Redis->new(dir => $dir, _node())->start;

    $replica->cli('CLUSTER', 'MEET', '127.0.0.1', $master->port);

    Test::RT::wait_for(sub {
        !ref $replica->call('CLUSTER', 'REPLICATE',
                            $master->cli('CLUSTER', 'MYID'));
    }, 20) or die 'the replica does not know its master';

    Test::RT::wait_for(sub {
        $replica->cli('INFO') =~ /master_link_status:up/;
    }, 20) or die 'the replica does not reach its master';

    return $replica;
}

sub server { $_[0]{servers}[$_[1]] }

# for the configuration
sub urls {
    my ($self) = @_;

    return join ' ', map { $_->url } @{$self->{sentinels} || $self->{servers}};
}

# as the first Sentinel has it
sub master_port {
    my ($self) = @_;

    return $self->{sentinels}[0]->cli('SENTINEL', 'GET-MASTER-ADDR-BY-NAME',
                                      'mymaster')->[1];
}

# retried until the Sentinels are ready for it
sub failover {
    my ($self) = @_;

    Test::RT::wait_for(sub {
        !ref $self->{sentinels}[0]->call('SENTINEL', 'FAILOVER', 'mymaster');
    }, 20) or die 'no failover';
}

# kills the server of that port
sub kill {
    my ($self, $port) = @_;

    $_->kill for grep { $_->port == $port } @{$self->{servers}};
}

sub slot { $_[0]{servers}[0]->cli('CLUSTER', 'KEYSLOT', $_[1]) }

# the node that has the slot, and another one
sub nodes_of {
    my ($self, $slot) = @_;

    for my $range (@{$self->{servers}[0]->cli('CLUSTER', 'SLOTS')}) {
        my ($from, $to, $node) = @$range;
        next if $slot < $from || $slot > $to;

        return ((grep { $_->port == $node->[1] } @{$self->{servers}}),
                (grep { $_->port != $node->[1] } @{$self->{servers}})[0]);
    }

    die "nobody has slot $slot";
}

sub begin_move {
    my ($self, $slot, $from, $to) = @_;

    $to->cli('CLUSTER', 'SETSLOT', $slot, 'IMPORTING',
             $from->cli('CLUSTER', 'MYID'));
    $from->cli('CLUSTER', 'SETSLOT', $slot, 'MIGRATING',
               $to->cli('CLUSTER', 'MYID'));
}

sub move_key {
    my ($self, $key, $from, $to) = @_;

    $from->cli('MIGRATE', '127.0.0.1', $to->port, $key, 0, 5000);
}

sub end_move {
    my ($self, $slot, $to) = @_;

    my $id = $to->cli('CLUSTER', 'MYID');

    $_->cli('CLUSTER', 'SETSLOT', $slot, 'NODE', $id)
        for $to, grep { $_ != $to } @{$self->{servers}};
}

1;
