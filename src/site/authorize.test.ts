import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authorizing } from '../access/guard.ts'
import { Connection, type SocketFacts, type TlsFacts } from '../message/connection.ts'
import { AuthorizationRequired, Forbidden, HttpError } from '../message/errors.ts'
import { Exchange } from '../message/exchange.ts'
import type { Authorizer, Middleware, Scheme } from '../message/interface.ts'
import { Request } from '../message/request.ts'
import { Response } from '../message/response.ts'
import type { AuthorizeOptions } from './authorize.ts'
import { Site, type SiteOptions } from './site.ts'

/** `Authorization: name group group`. */
const scheme: Scheme = {
  type: 'Test',
  identify(request) {
    const [name, ...groups] = (request.headers.get('authorization') ?? '').split(' ')
    if (name === 'slow') return Promise.resolve({ name, groups })
    return name ? { name: decodeURIComponent(name), groups: groups.map(decodeURIComponent) } : undefined
  },
  challenge: () => 'Test realm="a"',
}

const NGINX = { 'X-Original-URI': '/a', 'X-Original-Method': 'GET' }
const CADDY = {
  'X-Forwarded-Uri': '/a',
  'X-Forwarded-Method': 'GET',
  'X-Forwarded-Host': 'a.example',
  'X-Forwarded-Proto': 'https',
}

/** A site that answers at `/auth`, and what it reports. */
function authorizer(authorize: AuthorizeOptions, options: Partial<SiteOptions> = {}) {
  const reports: string[] = []
  const site = new Site({
    routes: [{ match: '/auth', authorize }],
    report: (_, event) => reports.push(event),
    ...options,
  })
  const asked = (headers: Record<string, string | string[]>): Promise<Response> =>
    site.request('/auth', { headers: { Host: 'web', ...headers } as Record<string, string> })
  return { site, asked, reports }
}

/** What an Authorizer is shown, told by what it throws. */
function shown(see: (request: Request, connection: Connection) => unknown) {
  const seen: unknown[] = []
  const whenIt: NonNullable<Extract<AuthorizeOptions['routes'], object>[number]['match']> = {
    when: (request, connection) => {
      seen.push(see(request, connection))
      return true
    },
  }
  return { seen, ...authorizer({ routes: [{ match: whenIt, access: 'public' }] }) }
}

test('who may is answered 200 with user, groups and no content, who may not is asked to log in', async () => {
  const { asked } = authorizer({ access: { scheme } })
  for (const way of [NGINX, CADDY, { ...NGINX, 'X-Original-URI': 'http://other.example/a' }]) {
    const answer = await asked({ ...way, Authorization: 'ann staff wheel' })
    assert.deepEqual(
      [answer.status, answer.headers.get('remote-user'), answer.headers.get('remote-groups'), await answer.text()],
      [200, 'ann', 'staff,wheel', ''],
    )
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    const refused = await asked(way)
    assert.deepEqual([refused.status, refused.headers.get('www-authenticate')], [401, 'Test realm="a"'])
    assert.match(refused.headers.get('cache-control') ?? '', /no-store/)
    assert.equal((await asked({ ...way, Authorization: 'slow' })).headers.get('remote-user'), 'slow')
  }
})

test('the fields have the names that the config says, and are there for nobody too', async () => {
  const { asked } = authorizer({ access: 'public', user: 'X-User', groups: 'X-Groups' })
  const { status, headers } = await asked({ ...NGINX, Authorization: 'ann', 'X-User': 'root' })
  assert.deepEqual([status, headers.get('x-user'), headers.get('x-groups')], [200, '', ''])
})

test('what is thrown is the answer, never stored, and closed', async () => {
  const cases: readonly (readonly [unknown, number])[] = [
    [new Forbidden(), 403],
    [new AuthorizationRequired({ headers: { 'WWW-Authenticate': 'X' } }), 401],
    [new HttpError(429, { headers: { 'Retry-After': '5' } }), 429],
    [new HttpError(503), 503],
    [new Error('x'), 500],
    [undefined, 500],
  ]
  for (const [thrown, status] of cases) {
    for (const late of [false, true]) {
      const identify = (): never | Promise<never> => {
        if (late) return Promise.reject(thrown)
        throw thrown
      }
      const { asked } = authorizer({ access: { scheme: { ...scheme, identify } } })
      const answer = await asked(NGINX)
      assert.equal(answer.status, status)
      assert.match(answer.headers.get('cache-control') ?? '', /no-store/)
      assert.equal(answer.headers.get('remote-user'), null)
      if (status === 429) assert.equal(answer.headers.get('retry-after'), '5')
    }
  }
})

test('the guard sees the original request: method, host, path, query and fields, without content', async () => {
  const see = (r: Request, c: Connection): unknown => [
    ...[r.method, r.target, r.path, r.search, r.authority, r.url, r.secure, c.secure],
    ...[r.headers.get('cookie'), r.headers.get('content-length'), r.headers.get('host'), r.body],
  ]
  const { seen, asked } = shown(see)
  const more = { Cookie: 'a=b', 'Content-Length': '5' }
  await asked({ ...NGINX, ...more, 'X-Original-URI': '/x//%7ey?q=1', 'X-Original-Method': 'PUT' })
  const nginx = ['PUT', '/x//%7ey?q=1', '/x/~y', '?q=1', 'web', 'http://web/x/~y?q=1', false, false]
  assert.deepEqual(seen.pop(), [...nginx, 'a=b', null, 'web', null])
  await asked({ ...CADDY, ...more, 'X-Forwarded-Uri': '/x?', 'X-Forwarded-Method': 'DELETE' })
  const caddy = ['DELETE', '/x?', '/x', '?', 'a.example', 'https://a.example/x?', true, true]
  assert.deepEqual(seen.pop(), [...caddy, 'a=b', null, 'a.example', null])
  await asked({ 'X-Original-URL': 'https://b.example:8443/y', 'X-Original-Method': 'GET' })
  assert.deepEqual((seen.pop() as unknown[]).slice(0, 5), [
    'GET',
    'https://b.example:8443/y',
    '/y',
    '',
    'b.example:8443',
  ])
})

test('what could be the word of the client is not believed, and the log says why', async () => {
  const { 'X-Original-Method': _, ...noMethod } = NGINX
  const { 'X-Forwarded-Host': __, ...noHost } = CADDY
  const cases: readonly (readonly [Record<string, string | string[]>, RegExp])[] = [
    [{}, /sends none of X-Original-URI, X-Original-URL, X-Forwarded-Uri/],
    [noMethod, /does not send X-Original-Method/],
    [noHost, /does not send X-Forwarded-Host/],
    [{ ...NGINX, 'X-Forwarded-Uri': '/open' }, /does not send X-Forwarded-Method/],
    [{ ...CADDY, 'X-Original-URL': 'http://a/open' }, /does not send X-Original-Method/],
    [{ ...NGINX, ...CADDY }, /X-Original-URI and X-Forwarded-Uri, which disagree: one of them is the client's/],
    [{ ...NGINX, ...CADDY, Host: 'a.example', 'X-Forwarded-Uri': '/a?b' }, /which disagree/],
    [{ ...NGINX, ...CADDY, Host: 'a.example', 'X-Forwarded-Uri': '/b' }, /which disagree/],
    [{ ...NGINX, ...CADDY, Host: 'a.example', 'X-Forwarded-Method': 'PUT' }, /which disagree/],
    [{ ...CADDY, 'X-Original-URL': 'http://a.example/a', 'X-Original-Method': 'GET' }, /which disagree/],
    [{ ...NGINX, 'X-Original-URI': ['/a', '/open'] }, /sends more than once X-Original-URI/],
    [{ ...NGINX, 'X-Original-Method': ['GET', 'PUT'] }, /sends more than once X-Original-Method/],
    [{ ...CADDY, 'X-Forwarded-Proto': ['https', 'http'] }, /more than once/],
    [{ ...NGINX, 'X-Original-Method': 'G T' }, /in two ways/],
    [{ ...NGINX, 'X-Original-Method': '' }, /in two ways/],
    [{ ...CADDY, 'X-Forwarded-Host': 'a/b' }, /in two ways/],
    [{ ...NGINX, 'X-Original-URI': '/open%2F..%2Fprivate' }, /in two ways/],
    [{ ...NGINX, 'X-Original-URI': '' }, /in two ways/],
    [{ ...NGINX, 'X-Original-URI': 'a' }, /in two ways/],
    [{ ...NGINX, 'X-Original-URI': '*', 'X-Original-Method': 'OPTIONS' }, /in two ways/],
    [{ ...NGINX, 'X-Original-URI': 'a.example:443', 'X-Original-Method': 'CONNECT' }, /in two ways/],
  ]
  for (const [headers, why] of cases) {
    const { asked, reports } = authorizer({ access: 'public' })
    assert.equal((await asked(headers)).status, 403, JSON.stringify(headers))
    assert.equal(reports.length, 1)
    assert.match(reports[0] ?? '', why)
  }
})

test('who tells in several ways is believed where they agree', async () => {
  const { seen, asked } = shown((request) => request.url)
  const all = { ...CADDY, 'X-Original-URL': 'https://a.example//a', 'X-Original-Method': 'GET' }
  assert.equal((await asked(all)).status, 200)
  assert.equal((await asked({ ...all, ...NGINX, Host: 'A.example' })).status, 200)
  const { 'X-Original-URL': _, ...noUrl } = all
  await asked({ ...noUrl, ...NGINX, Host: 'a.example' })
  assert.deepEqual(seen.splice(0), ['https://a.example/a', 'http://A.example/a', 'http://a.example/a'])
})

test('only web servers in front are answered: those of this machine, and those that are trusted', async () => {
  const ask = async (address: string, trustedProxies?: string[]): Promise<[number, string | undefined]> => {
    const told: string[] = []
    const when = (_: Request, connection: Connection): boolean => told.push(connection.clientAddress) > 0
    const site = new Site({
      routes: [{ match: '/auth', authorize: { routes: [{ match: { when }, access: 'public' }] } }],
      place: { ...(trustedProxies !== undefined && { trustedProxies }) },
    })
    const remote = { address, port: 1 }
    const socket: SocketFacts = { remote, local: remote, secure: false, tls: undefined, remoteName: async () => 'x' }
    const connection = new Connection(socket, new Exchange(), 'HTTP/1.1', { address: '192.0.2.9', secure: false })
    const { status } = await site.handle(new Request('http://a/auth', { headers: NGINX }), connection)
    return [status, told[0]]
  }
  // Whom the engine does not believe cannot tell who the client is, and is not taken for it.
  assert.deepEqual(await ask('127.0.0.1'), [200, 'unknown'])
  assert.deepEqual(await ask('::1'), [200, 'unknown'])
  assert.deepEqual(await ask(''), [200, 'unknown'])
  assert.deepEqual(await ask('10.0.0.1'), [403, undefined])
  assert.deepEqual(await ask('10.0.0.1', ['10.0.0.0/8']), [200, '192.0.2.9'])
  assert.deepEqual(await ask('127.0.0.1', ['loopback']), [200, '192.0.2.9'])
  assert.deepEqual(await ask('11.0.0.1', ['10.0.0.0/8']), [403, undefined])
})

test('the certificate of the web server is nobody’s identity, and nobody comes in who came in before', async () => {
  const { site, seen } = shown((_, connection) => [connection.tls, connection.user, connection.remote.port])
  const remote = { address: '127.0.0.1', port: 7 }
  const peerCertificate = new Uint8Array(3)
  const tls: TlsFacts = { protocol: 'TLSv1.3', cipher: 'x', serverName: undefined, peerCertificate }
  const socket: SocketFacts = { remote, local: remote, secure: true, tls, remoteName: async () => 'x' }
  const connection = new Connection(socket, new Exchange(), 'HTTP/1.1')
  connection.identify({ name: 'web server', groups: [] })
  const answer = await site.handle(new Request('http://a/auth', { headers: CADDY }), connection)
  assert.deepEqual(seen, [[undefined, undefined, 7]])
  assert.equal(answer.headers.get('remote-user'), '')
})

test('the narrowest rule counts, by path, method and host, and what none speaks of nobody may', async () => {
  const { asked, reports } = authorizer({
    routes: [
      { match: '/*', access: 'public' },
      { match: '/private/*', access: { scheme } },
      { match: { path: '/notes/*', method: ['GET'] }, access: 'public' },
      { match: { path: '/notes/*', method: ['PUT', 'DELETE'] }, access: { scheme } },
      { match: { path: '/*', host: 'inner.example' }, access: { scheme } },
    ],
  })
  const status = async (path: string, method = 'GET', host = 'web'): Promise<number> =>
    (await asked({ Host: host, 'X-Original-URI': path, 'X-Original-Method': method })).status
  const cases: readonly (readonly [number, string, string?, string?])[] = [
    [200, '/a'],
    [200, '/privately'],
    [401, '/private'],
    [401, '/private/'],
    [401, '/private/a?b'],
    [401, '//private/a'],
    [401, '/%70rivate/a'],
    [401, '/a/../private/a'],
    [401, '/a/%2E%2e/private/a'],
    [401, 'http://x/private/a'],
    [403, '/a%2F..%2Fprivate/a'],
    [200, '/notes/1'],
    [200, '/notes/1', 'HEAD'],
    [401, '/notes/1', 'PUT'],
    [401, '/a', 'GET', 'inner.example'],
    [401, '/a', 'GET', 'INNER.example:80'],
  ]
  for (const [expected, ...what] of cases) assert.equal(await status(...what), expected, what.join(' '))
  const closed = authorizer({ routes: [{ match: { path: '/a', method: 'GET' }, access: 'public' }] })
  assert.equal((await closed.asked({ ...NGINX, 'X-Original-URI': '/b' })).status, 403)
  assert.equal((await closed.asked({ ...NGINX, 'X-Original-Method': 'PUT' })).status, 403)
  assert.equal((await closed.asked({ ...NGINX, 'X-Original-Method': 'get' })).status, 403)
  assert.match(closed.reports[0] ?? '', /No route takes a request that was to be authorized/)
  assert.equal(reports.filter((event) => !event.includes('two ways')).length, 0)
})

test('who cannot be told in a field does not come in under another name', async () => {
  const { asked, reports } = authorizer({ access: { scheme } })
  for (const name of ['a\r\nb', ' ann', 'ann ', 'a\0', 'a\tb']) {
    const answer = await asked({ ...NGINX, Authorization: encodeURIComponent(name) })
    assert.equal(answer.status, 500, JSON.stringify(name))
    assert.equal(answer.headers.get('remote-user'), null)
  }
  assert.equal(reports.length, 5)
  const answer = await asked({ ...NGINX, Authorization: `${encodeURIComponent('żółw')} a%2Cadmin staff x%0D%0Ay` })
  assert.equal(Buffer.from(answer.headers.get('remote-user') ?? '', 'latin1').toString('utf8'), 'żółw')
  assert.equal(answer.headers.get('remote-groups'), 'staff')
  assert.match(reports[5] ?? '', /A group cannot be told/)
})

/** A guard of one Authorizer, as `access` would make it. */
function by(authorizeUser: Authorizer['authorizeUser']): Middleware {
  return authorizing({ authorizeUser })
}

test('a site asked for permissions calls no resource, and lets in only what came past all its guards', async () => {
  let called = 0
  const resource = (): never => {
    called++
    throw new Error('called')
  }
  const passes: Middleware = (next) => (request, connection) => next(request, connection)
  const site = new Site({
    routes: [
      { match: '/open/*', resource },
      { match: '/private/*', resource, access: { scheme } },
      { match: '/inside', resource, internal: true },
      { match: { path: '/get', method: 'GET' }, resource },
      { match: '/ann', resource, middleware: [by((who) => ({ WHO: who?.name ?? 'nobody', REMOTE_USER: 'ann' }))] },
      {
        match: '/none',
        resource,
        middleware: [
          by(() => {
            throw new Forbidden()
          }),
        ],
      },
      {
        match: '/late',
        resource,
        middleware: [
          by(async () => {
            throw new AuthorizationRequired({ headers: { 'WWW-Authenticate': 'X' } })
          }),
        ],
      },
      { match: '/page', resource, middleware: [() => () => new Response('a page')] },
      { match: '/login', resource, middleware: [() => () => Response.redirect('http://a/login')] },
      {
        match: '/after',
        resource,
        middleware: [
          (next) => async (r, c) => {
            await next(r, c)
            throw new Forbidden()
          },
        ],
      },
      {
        match: '/copy',
        resource,
        middleware: [(next) => async (r, c) => new Response(String(typeof (await next(r, c))), { status: 201 })],
      },
    ],
    middleware: [passes],
  })
  const asked = async (path: string, method = 'GET', headers = {}): Promise<unknown> => {
    const remote = { address: '127.0.0.1', port: 1 }
    const socket: SocketFacts = { remote, local: remote, secure: false, tls: undefined, remoteName: async () => 'x' }
    const connection = new Connection(socket, new Exchange(), 'HTTP/1.1')
    let user: string | undefined
    const request = new Request(`http://a${path}`, { method, headers })
    const { status } = await site.authorize(request, connection, (c) => {
      user = `${c.user?.name} ${c.variables?.['WHO'] ?? ''}`.trim()
      return new Response(null, { status: 204 })
    })
    return user === undefined ? status : [status, user]
  }
  assert.deepEqual(await asked('/open/a'), [204, 'undefined'])
  assert.deepEqual(await asked('/open/a', 'DELETE'), [204, 'undefined'])
  assert.equal(await asked('/private/a'), 401)
  assert.deepEqual(await asked('/private/a', 'GET', { Authorization: 'ann' }), [204, 'ann'])
  assert.deepEqual(await asked('/ann'), [204, 'ann nobody'])
  assert.deepEqual(await asked('/copy'), [204, 'undefined'])
  const refused = {
    '/inside': 403,
    '/nothing': 403,
    '/none': 403,
    '/late': 401,
    '/page': 403,
    '/login': 302,
    '/after': 403,
  }
  for (const [path, status] of Object.entries(refused)) assert.equal(await asked(path), status, path)
  assert.equal(await asked('/get', 'PUT'), 403)
  assert.equal(called, 0)
})

test('a rule whose condition is mistyped opens nothing: it is refused', () => {
  const routes = [{ match: { paht: '/open/*' }, access: 'public' }]
  assert.throws(() => authorizer({ routes } as unknown as AuthorizeOptions), /match has no key paht/)
})
