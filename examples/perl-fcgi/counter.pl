#!/usr/bin/perl
use strict;
use warnings;
use FCGI;

# One process answers all requests: the count lasts as long as it does.
my $count   = 0;
my %env;
my $request = FCGI::Request( \*STDIN, \*STDOUT, \*STDERR, \%env );

while ( $request->Accept() >= 0 ) {
    $count++;
    my $body = '';
    read STDIN, $body, $env{CONTENT_LENGTH} if $env{CONTENT_LENGTH};
    print STDERR "counted to $count\n" if $env{QUERY_STRING} eq 'log';
    print "Content-Type: text/plain\r\n\r\n";
    print "request $count of process $$\n";
    print "$_=$env{$_}\n" for grep { defined $env{$_} } qw(REQUEST_METHOD SCRIPT_NAME PATH_INFO QUERY_STRING);
    print length $body, " bytes of body\n";
}
