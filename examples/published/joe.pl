#!/usr/bin/perl
use strict;
use warnings;
use FCGI;

# Objects that a program publishes with no code of Oriel's: a FastCGI application that asks ORIEL_OBJECT which one is meant.
my %notes;
my $last = 0;
my %objects = (
    notes => sub {
        my ($env) = @_;
        my ($id) = ( $env->{PATH_INFO} // '' ) =~ m{^/(\d+)$};
        if ( $env->{REQUEST_METHOD} eq 'POST' ) {
            read STDIN, my $text, $env->{CONTENT_LENGTH} // 0;
            $notes{ ++$last } = $text;
            print "Status: 201 Created\r\nLocation: http://$env->{HTTP_HOST}$env->{SCRIPT_NAME}/$last\r\n\r\n";
        }
        elsif ( defined $id && exists $notes{$id} ) {
            print "Content-Type: text/plain\r\n\r\n$notes{$id}";
        }
        else { print "Status: 404 Not Found\r\nContent-Type: text/plain\r\n\r\nThere is no such note.\n" }
    },
    # Answers while it reads: each piece goes out before the next one is waited for.
    upper => sub {
        print "Content-Type: text/plain\r\n\r\n";
        while ( read STDIN, my $piece, 4096 ) {
            print uc $piece;
            STDOUT->flush();
        }
    },
);

# Oriel says in SOCKET where to listen, spawn-fcgi hands over descriptor 0.
my $socket = exists $ENV{ORIEL_PUBLISH} ? FCGI::OpenSocket( $ENV{SOCKET}, 100 ) : 0;
my %env;
my $request = FCGI::Request( \*STDIN, \*STDOUT, \*STDERR, \%env, $socket );

while ( $request->Accept() >= 0 ) {
    # A web server that knows nothing of objects says it in the path: /notes/7, /notes@joe/7.
    if ( !$env{ORIEL_OBJECT} && ( $env{PATH_INFO} // '' ) =~ m{^/([^/@]+)(\@[^/]*)?(.*)$}s ) {
        @env{qw(ORIEL_OBJECT PATH_INFO)} = ( $1, $3 );
        $env{SCRIPT_NAME} .= "/$1" . ( $2 // '' );
    }
    my $object = $objects{ $env{ORIEL_OBJECT} // '' };
    if   ($object) { $object->( \%env ) }
    else           { print "Status: 404 Not Found\r\nContent-Type: text/plain\r\n\r\nThere is no such object.\n" }
}
