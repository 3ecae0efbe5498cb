import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startFcgiwrap, startSpawnFcgi } from '../support/fastcgi-programs.ts'
import { openFolder, startPeer } from '../support/peer-process.ts'
import { startPhpFpm } from '../support/php-fpm.ts'
import { startApache, startCaddy, startLighttpd, startNginx, type WebServer } from '../support/web-servers.ts'

/*
 * Each peer that the tests of gateways use, alone with another one: what fails here is not Oriel's.
 */

const LIMIT = { timeout: 60_000 }
const SCRIPT = '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\n$REQUEST_METHOD $QUERY_STRING "\ncat\n'
const PERL = `use FCGI;
my $request = FCGI::Request();
my $count = 0;
while ($request->Accept() >= 0) { $count++; print "Content-Type: text/plain\\n\\n$ENV{GREETING} $count" }
`

function site(): string {
  const folder = openFolder({
    'version.php': '<?php echo "PHP ", phpversion(), "\\n"; print_r($_GET);',
    'cat.sh': SCRIPT,
  })
  chmodSync(join(folder, 'cat.sh'), 0o755)
  return folder
}

async function said(server: WebServer | undefined, path: string, init?: RequestInit): Promise<string> {
  if (server === undefined) return ''
  const response = await fetch(server.url + path, init)
  const text = await response.text()
  assert.equal(response.status, 200, `${text}\n${server.output()}`)
  return text
}

const PHP_SERVERS: [string, (t: TestContext, socket: string, root: string) => Promise<WebServer | undefined>][] = [
  [
    'nginx',
    (t, socket, root) =>
      startNginx(
        t,
        `root ${root}; location ~ \\.php$ { include /etc/nginx/fastcgi.conf; fastcgi_pass unix:${socket}; }`,
      ),
  ],
  [
    'Apache',
    (t, socket, root) =>
      startApache(
        t,
        `DocumentRoot ${root}\n<FilesMatch "\\.php$">\nSetHandler "proxy:unix:${socket}|fcgi://localhost/"\n</FilesMatch>`,
      ),
  ],
  [
    'lighttpd',
    (t, socket, root) =>
      startLighttpd(t, `server.document-root = "${root}"\nfastcgi.server = (".php" => (("socket" => "${socket}")))`),
  ],
  ['Caddy', (t, socket, root) => startCaddy(t, `root * ${root}\nphp_fastcgi unix/${socket}`)],
]

for (const [name, start] of PHP_SERVERS) {
  test(`php-fpm answers through ${name}`, LIMIT, async (t) => {
    const fpm = await startPhpFpm(t)
    if (fpm === undefined) return
    const server = await start(t, fpm.socket, site())
    if (server === undefined) return
    assert.match(await said(server, '/version.php?x=1'), /^PHP \d+\.\d+\.\d+.*\nArray\n\(\n {4}\[x\] => 1\n\)\n/)
  })
}

test('a CGI program answers through lighttpd, and through Apache', LIMIT, async (t) => {
  const root = site()
  const servers = [
    await startLighttpd(t, `server.document-root = "${root}"\ncgi.assign = (".sh" => "")`),
    await startApache(t, `ScriptAlias / ${root}/\n<Directory ${root}>\nRequire all granted\n</Directory>`),
  ]
  for (const server of servers) {
    if (server === undefined) continue
    assert.equal(await said(server, '/cat.sh?a=b', { method: 'POST', body: 'the body' }), 'POST a=b the body')
  }
})

test('fcgiwrap runs a CGI program for nginx', LIMIT, async (t) => {
  const wrap = await startFcgiwrap(t)
  if (wrap === undefined) return
  const server = await startNginx(
    t,
    `root ${site()}; location / { include /etc/nginx/fastcgi.conf; fastcgi_pass unix:${wrap.socket}; }`,
  )
  if (server === undefined) return
  assert.equal(await said(server, '/cat.sh?a=b', { method: 'POST', body: 'the body' }), 'POST a=b the body')
})

test('a Perl script that spawn-fcgi started answers one request after the other', LIMIT, async (t) => {
  const script = join(openFolder({ 'count.pl': PERL }), 'count.pl')
  const app = await startSpawnFcgi(t, ['perl', script], { GREETING: 'hello' })
  if (app === undefined) return
  const server = await startNginx(
    t,
    `location / { include /etc/nginx/fastcgi.conf; fastcgi_param GREETING again; fastcgi_pass unix:${app.socket}; }`,
  )
  if (server === undefined) return
  assert.equal(await said(server, '/'), 'again 1')
  assert.equal(await said(server, '/'), 'again 2')
})

test('a peer that does not start tells why in its own words', LIMIT, async (t) => {
  await assert.rejects(startNginx(t, 'nonsense here;'), /ended \(1\)[\s\S]*unknown directive "nonsense"/)
  await assert.rejects(startPeer(t, '/nowhere/at/all', [], { port: 1 }, { folder: openFolder() }), /No such file/)
})

test('a peer that was stopped is gone, with all that it started', LIMIT, async (t) => {
  const fpm = await startPhpFpm(t, { 'pm.max_children': 5 })
  if (fpm === undefined) return
  await fpm.stop()
  assert.throws(() => process.kill(-fpm.pid, 0), /ESRCH/)
})
