import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection } from '../../src/message/connection.ts'
import type { Request } from '../../src/message/request.ts'
import { Response } from '../../src/message/response.ts'
import { ask } from '../support/client.ts'
import { fill, makeFolder } from '../support/folder.ts'
import { servingObjects } from '../support/objects-site.ts'
import { needPeer } from '../support/peers.ts'

/* An Authorizer in a language without anything of ours: Perl with Debian's libfcgi-perl. */

const GATE = `use strict;
use warnings;
use FCGI;
my %env;
my $socket  = FCGI::OpenSocket( $ENV{SOCKET}, 64 );
my $request = FCGI::Request( \\*STDIN, \\*STDOUT, \\*STDERR, \\%env, $socket );
while ( $request->Accept() >= 0 ) {
    my $may = $env{FCGI_ROLE} eq 'AUTHORIZER' && $env{ORIEL_OBJECT} eq 'gate' && ( $env{HTTP_X_KEY} // '' ) eq 'open';
    if ($may) { print "Status: 200\\r\\nVariable-REMOTE_USER: joe\\r\\nVariable-ASKED: $env{REQUEST_METHOD} $env{REQUEST_URI}\\r\\n\\r\\n" }
    else      { print "Status: 403\\r\\nContent-Type: text/plain\\r\\n\\r\\nSay X-Key: open\\n" }
}
`

test('an Authorizer in Perl lets in, and answers whom it does not', { timeout: 60_000 }, async (t) => {
  if (needPeer(t, 'perl') === undefined) return
  const base = makeFolder()
  fill(base, { 'gate.pl': GATE })
  const { url } = await servingObjects(t, {
    base,
    objects: { perl: 'command:perl gate.pl' },
    routes: [
      {
        match: '/*',
        access: { authorizer: 'gate@perl' },
        resource: (_: Request, { user, variables }: Connection) =>
          Response.json({ user: user?.name, asked: variables?.['ASKED'] }),
      },
    ],
  })
  const inside = await ask(url, '/a?b', { method: 'POST', body: 'content', headers: { 'X-Key': 'open' } })
  assert.deepEqual([inside.status, JSON.parse(String(inside.body))], [200, { user: 'joe', asked: 'POST /a?b' }])
  const outside = await ask(url, '/a?b')
  assert.deepEqual([outside.status, String(outside.body)], [403, 'Say X-Key: open\n'])
})
