import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { forwardAuthorizer } from '../../src/access/schemes/forward.ts'
import { serveFastCgi, webServerUser } from '../../src/fastcgi.ts'
import { Forbidden } from '../../src/message/errors.ts'
import type { Scheme } from '../../src/message/interface.ts'
import type { AuthorizeRule } from '../../src/site/authorize.ts'
import { Site } from '../../src/site/site.ts'
import { type Asking, ask } from '../support/client.ts'
import { startOriel } from '../support/command.ts'
import { type EngineUnderTest, startEngine } from '../support/engine.ts'
import { openFolder } from '../support/peer-process.ts'
import { SEED, seeded, TIMES } from '../support/property.ts'
import { readmeBlock } from '../support/readme.ts'
import { startUpstream } from '../support/upstream.ts'
import { startApache, startCaddy, startLighttpd, startNginx } from '../support/web-servers.ts'

/*
 * The guards of Oriel before what other web servers serve, each configured as docs/authorizing-others.md says.
 */

const SOON = { timeout: 60_000 }
const SECRET = 'the secret'

/** Ann and Bob, whose password is `secret`. */
function named(field: string | null): { name: string; groups: string[] } | undefined {
  const given = Buffer.from(/^Basic (.*)$/.exec(field ?? '')?.[1] ?? '', 'base64').toString()
  const [name = '', password] = given.split(':')
  return password === 'secret' && ['ann', 'bob'].includes(name) ? { name, groups: ['staff', 'wheel'] } : undefined
}

const basic: Scheme = {
  type: 'Basic',
  usesAuthorization: true,
  identify: (request) => named(request.headers.get('authorization')),
  challenge: () => 'Basic realm="Oriel"',
}
/** The owner of a note may write it, and nobody else. */
const owner: Scheme = {
  ...basic,
  identify(request) {
    const who = named(request.headers.get('authorization'))
    if (who !== undefined && request.params['who'] !== who.name) throw new Forbidden()
    return who
  },
}

const RULES: readonly AuthorizeRule[] = [
  { match: '/*', access: 'public' },
  { match: '/private/*', access: { scheme: basic } },
  { match: '/app/private/*', access: { scheme: basic } },
  { match: '/private/of/:who/*', access: { scheme: owner } },
  { match: { path: '/app/notes/:who', method: ['PUT', 'DELETE'] }, access: { scheme: owner } },
]

function credentials(name: string, password = 'secret'): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` }
}

/** Every look-alike by which a client could say who it is, or what it asks for. */
const SPOOFED: Readonly<Record<string, string>> = {
  'Remote-User': 'eve',
  'Remote-Groups': 'root',
  REMOTE_USER: 'eve',
  'Variable-REMOTE_USER': 'eve',
  'X-Original-Method': 'GET',
  'X-Forwarded-Method': 'GET',
  'X-Forwarded-Host': 'elsewhere',
  'X-HTTP-Method-Override': 'GET',
}

const SCRIPT = `#!/bin/sh
cat > /dev/null
printf 'Content-Type: text/plain\\n\\n%s' "user=$REMOTE_USER groups=$REMOTE_GROUPS"
`

/** The site that a web server serves. */
function siteFolder(): string {
  const folder = openFolder({
    'open/a.txt': 'open',
    'private/a.txt': SECRET,
    'private/index.html': SECRET,
    'private/of/ann/a.txt': SECRET,
    'app/open/who.cgi': SCRIPT,
    'app/private/who.cgi': SCRIPT,
    'app/notes/ann': SCRIPT,
  })
  for (const script of ['open/who.cgi', 'private/who.cgi', 'notes/ann']) chmodSync(join(folder, 'app', script), 0o755)
  return folder
}

/** Starts Oriel as the endpoint. */
async function endpoint(
  t: TestContext,
): Promise<{ readonly address: string; readonly reports: EngineUnderTest['reports'] }> {
  const site = new Site({ routes: [{ match: '/auth', authorize: { routes: RULES } }] })
  const { port, reports } = await startEngine(t, { handler: (request, connection) => site.handle(request, connection) })
  return { address: `127.0.0.1:${port}`, reports }
}

async function fastCgi(t: TestContext, rules: readonly AuthorizeRule[] = RULES): Promise<string> {
  const routes = rules.map(({ match, access }) => ({
    match,
    respond: 'the resource',
    ...(access !== 'public' && { access }),
  }))
  const authorizer = new Site({ routes })
  const server = await serveFastCgi({ authorizer }, { listen: '127.0.0.1:0', stopTimeout: 100 })
  t.after(() => server.close())
  return server.address
}

function documented(heading: string, which: number, changes: Readonly<Record<string, string>>): string {
  return readmeBlock(heading, which, changes, 'docs/authorizing-others.md')
}

/** An application that tells what it is told. */
async function application(t: TestContext): Promise<string> {
  const { port } = await startUpstream(t, ({ headers }, response) => {
    response.end(`user=${headers['remote-user'] ?? ''} groups=${headers['remote-groups'] ?? ''}`)
  })
  return `127.0.0.1:${port}`
}

type Get = (path: string, asking?: Asking) => Promise<readonly [status: number, body: string, challenge: string]>

function client(url: string): Get {
  return async (path, asking = {}) => {
    const { status, body, headers } = await ask(url, path, asking)
    return [status, body.toString('latin1'), String(headers['www-authenticate'] ?? '')]
  }
}

/** What must not get past, each a name of `/private/a.txt` to somebody. */
const TRICKS: readonly string[] = [
  ...['/private/a.txt', '/private/', '/private', '/private//a.txt', '//private/a.txt', '/./private/a.txt'],
  ...['/open/../private/a.txt', '/open/%2e%2e/private/a.txt', '/open/%2E./private/a.txt', '/%2e/private/a.txt'],
  ...['/open/..%2fprivate/a.txt', '/open%2f..%2fprivate/a.txt', '/open%2F..%2Fprivate%2Fa.txt', '/%2fprivate/a.txt'],
  ...['/open//../private/a.txt', '/open/.//../private/a.txt', '/../private/a.txt', '/open/../../private/a.txt'],
  ...['/%70rivate/a.txt', '/p%72ivate/%61.txt', '/private%2fa.txt', '/private/%2e/a.txt', '/private/a.txt/'],
  ...[
    '/PRIVATE/a.txt',
    '/Private/A.TXT',
    '/private;x/a.txt',
    '/private/;x/a.txt',
    '/private/a.txt;x',
    '/;/private/a.txt',
  ],
  ...['/open/..;/private/a.txt', '/open/..\\private/a.txt', '/open/..%5cprivate/a.txt', '/%252e%252e/private/a.txt'],
  ...[
    '/private/a.txt?x=/open',
    '/open/a.txt?/../../private/a.txt',
    '/private/a.txt%00',
    '/private/a.txt%20',
    '/private./a.txt',
  ],
  ...[
    '/open/a.txt/../../private/a.txt',
    '/private/a.txt#/open/a.txt',
    '/open/%2e%2e%2fprivate/a.txt',
    '/%c0%af/private/a.txt',
  ],
  ...[
    'http://elsewhere/private/a.txt',
    'http://elsewhere//private/a.txt',
    '/private/of/ann/a.txt',
    '/private/of/bob/../ann/a.txt',
  ],
]

const PIECES = [
  ...[
    '/',
    '/',
    '/',
    'private',
    'private',
    'open',
    'a.txt',
    'a.txt',
    '.',
    '..',
    '..',
    '%2e',
    '%2E%2e',
    '%2f',
    '%5c',
    '\\',
  ],
  ...[';', '%3b', ';x=1', '%70rivate', 'PRIVATE', '%00', '%20', '%25', '%', '?', '#', '&', '%c0%af', 'x', 'of', 'ann'],
]

/** More of them, the same each time. */
function* tricks(count: number): Generator<string> {
  const random = seeded(SEED)
  const pick = (): string => PIECES[Math.floor(random() * PIECES.length)] ?? ''
  for (let i = 0; i < count; i++) {
    const length = 2 + Math.floor(random() * 8)
    yield `/${Array.from({ length }, pick).join('')}${i % 2 === 0 ? '/private/a.txt' : ''}`
  }
}

/** What holds behind each of them. */
async function holds(get: Get, who: Readonly<Record<'open' | 'private' | 'note', string>>): Promise<void> {
  assert.deepEqual(await get('/open/a.txt'), [200, 'open', ''])
  const [status, , challenge] = await get('/private/a.txt')
  assert.equal(status, 401)
  assert.match(challenge, /^Basic realm="Oriel"/)
  assert.equal((await get('/private/a.txt', { headers: credentials('ann', 'wrong') }))[0], 401)
  assert.deepEqual(await get('/private/a.txt', { headers: credentials('ann') }), [200, SECRET, ''])
  assert.deepEqual(await get('/private/of/ann/a.txt', { headers: credentials('ann') }), [200, SECRET, ''])
  assert.equal((await get('/private/of/ann/a.txt', { headers: credentials('bob') }))[0], 403, 'by instance')

  const ann = { headers: { ...SPOOFED, ...credentials('ann') } }
  assert.deepEqual(await get(who.private, ann), [200, 'user=ann groups=staff,wheel', ''])
  for (const headers of [{}, SPOOFED]) {
    assert.equal((await get(who.private, { headers }))[0], 401)
    const [open, told] = await get(who.open, { headers })
    assert.ok(open === 200 && /^user=(?:nobody)? groups=$/.test(told), `${open} ${told}`)
  }
  assert.equal((await get(who.note, { headers: SPOOFED }))[0], 200, 'by method')
  assert.equal((await get(who.note, { method: 'PUT', headers: SPOOFED }))[0], 401)
  assert.equal((await get(who.note, { method: 'DELETE', headers: credentials('bob') }))[0], 403)
  const written = await get(who.note, { method: 'PUT', body: 'content', ...ann })
  assert.deepEqual(written, [200, 'user=ann groups=staff,wheel', ''])

  for (const target of TRICKS) {
    for (const headers of [{}, SPOOFED, { ...SPOOFED, ...credentials('bob', 'wrong') }]) {
      const [status, body] = await get(target, { headers })
      assert.ok(!body.includes(SECRET), `${target} was served: ${status}`)
    }
  }
  for (const target of tricks(300 * TIMES)) {
    const [status, body] = await get(target)
    assert.ok(!body.includes(SECRET), `${target} was served: ${status}`)
  }
  for (const told of ['X-Original-URI', 'X-Original-URL', 'X-Forwarded-Uri']) {
    const [status, body] = await get('/private/a.txt', { headers: { [told]: '/open/a.txt' } })
    assert.ok(status >= 400 && !body.includes(SECRET), `${told}: ${status}`)
  }
}

const APP = { open: '/app/open/x', private: '/app/private/x', note: '/app/notes/ann' }
const CGI = { open: '/app/open/who.cgi', private: '/app/private/who.cgi', note: '/app/notes/ann' }

/** What the page says, and what stands there instead. */
async function changes(t: TestContext, oriel: string): Promise<Record<string, string>> {
  return { '127.0.0.1:8080': oriel, '127.0.0.1:9000': await application(t), '/srv/site': siteFolder() }
}

test('nginx serves with auth_request only who may', SOON, async (t) => {
  const { address } = await endpoint(t)
  const server = await startNginx(t, documented('nginx', 0, await changes(t, address)))
  if (server !== undefined) await holds(client(server.url), APP)
})

test(
  'where nginx does not tell what is asked for, nobody comes in, and the log says which line is missing',
  SOON,
  async (t) => {
    for (const field of ['X-Original-URI', 'X-Original-Method']) {
      const { address, reports } = await endpoint(t)
      const block = documented('nginx', 0, await changes(t, address)).replace(new RegExp(`.*${field}.*\n`), '')
      const server = await startNginx(t, block)
      if (server === undefined) return
      const get = client(server.url)
      for (const path of ['/open/a.txt', '/private/a.txt']) {
        assert.equal((await get(path, { headers: credentials('ann') }))[0], 403)
      }
      assert.equal(reports.length, 2)
      for (const { event } of reports) assert.match(event, new RegExp(field))
    }
  },
)

test('Caddy serves with forward_auth only who may', SOON, async (t) => {
  const { address } = await endpoint(t)
  const server = await startCaddy(t, documented('Caddy', 0, await changes(t, address)))
  if (server !== undefined) await holds(client(server.url), APP)
})

const CGI_OF_APACHE = `
<Location /app>
  SetHandler cgi-script
  Options +ExecCGI
</Location>
`

test('Apache serves with mod_authnz_fcgi only who may', SOON, async (t) => {
  const address = await fastCgi(t)
  const block = documented('Apache', 0, { '127.0.0.1:9001': address, '/srv/site': siteFolder() })
  const server = await startApache(t, block + CGI_OF_APACHE)
  if (server !== undefined) await holds(client(server.url), CGI)
})

test('lighttpd serves with an authorizer only who may', SOON, async (t) => {
  const [host = '', port = ''] = (await fastCgi(t)).split(':')
  const block = documented('lighttpd', 0, {
    '127.0.0.1': host,
    '9001': port,
    '/srv/site': siteFolder(),
    '".cgi" => ""': '".cgi" => "", "ann" => ""',
  })
  const server = await startLighttpd(t, block)
  if (server !== undefined) await holds(client(server.url), CGI)
})

test('Apache asks for the login, and Oriel looks at the password', SOON, async (t) => {
  const address = await fastCgi(t)
  const block = documented('Apache', 1, { '127.0.0.1:9001': address, '/srv/site': siteFolder() })
  const server = await startApache(t, block)
  if (server === undefined) return
  const get = client(server.url)
  assert.equal((await get('/open/a.txt'))[0], 200)
  const [status, , challenge] = await get('/private/a.txt')
  assert.deepEqual([status, challenge], [401, 'Basic realm="Site"'])
  assert.equal((await get('/private/a.txt', { headers: credentials('ann', 'wrong') }))[0], 401)
  assert.deepEqual(await get('/private/a.txt', { headers: credentials('ann') }), [200, SECRET, ''])
  assert.notEqual((await get('/private/of/ann/a.txt', { headers: credentials('bob') }))[0], 200)
  assert.equal((await get('/private/of/ann/a.txt', { headers: credentials('ann') }))[0], 200)
  for (const target of TRICKS) {
    const [tried, body] = await get(target, { headers: credentials('ann', 'wrong') })
    assert.ok(!body.includes(SECRET), `${target} was served: ${tried}`)
  }
})

test('Apache knows who it is, and Oriel decides what they may', SOON, async (t) => {
  const notBob: Scheme = {
    ...webServerUser,
    identify: (request, connection) => {
      const who = connection.user ?? webServerUser.identify(request, connection)
      if (who instanceof Promise || who?.name !== 'ann') throw new Forbidden()
      return who
    },
  }
  const address = await fastCgi(t, [{ match: '/private/*', access: { scheme: notBob } }])
  const folder = siteFolder()
  const hash = `{SHA}${createHash('sha1').update('secret').digest('base64')}`
  const passwords = openFolder({ htpasswd: `ann:${hash}\nbob:${hash}\n` })
  const names = { '127.0.0.1:9001': address, '/srv/site': folder, '/srv/htpasswd': join(passwords, 'htpasswd') }
  const server = await startApache(t, documented('Apache', 2, names), ['authn_file'])
  if (server === undefined) return
  const get = client(server.url)
  assert.equal((await get('/private/a.txt'))[0], 401)
  assert.equal((await get('/private/a.txt', { headers: credentials('ann', 'wrong') }))[0], 401)
  assert.deepEqual(await get('/private/a.txt', { headers: credentials('ann') }), [200, SECRET, ''])
  const [status, body] = await get('/private/a.txt', { headers: credentials('bob') })
  assert.ok((status === 401 || status === 403) && !body.includes(SECRET), `${status}`)
})

test('Oriel serves only who may by the guards of another Oriel', SOON, async (t) => {
  const block = documented('Oriel', 0, { '127.0.0.1:9001': await fastCgi(t), '/srv/site': siteFolder() })
  const cgi = "{ match: '/app/*', access: one.access, cgi: { root: one.files + '/app' } }"
  const config = `const [one] = [${block}]
    export default { listen: [{ port: 0, host: '127.0.0.1' }], routes: [one, ${cgi}] }`
  const oriel = startOriel(t, ['serve'], openFolder({ 'oriel.config.ts': config }))
  await holds(client(await oriel.url()), CGI)
})

test('Oriel serves only who may by the endpoint of another Oriel', SOON, async (t) => {
  const { address } = await endpoint(t)
  const folder = siteFolder()
  const access = { authorizer: forwardAuthorizer(`http://${address}/auth`) }
  const site = new Site({
    routes: [
      { match: '/*', files: folder, access },
      { match: '/app/*', cgi: { root: join(folder, 'app') }, access },
    ],
  })
  const { port } = await startEngine(t, { handler: (request, connection) => site.handle(request, connection) })
  await holds(client(`http://127.0.0.1:${port}`), CGI)
})
