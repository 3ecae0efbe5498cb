import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connected } from '../../test/support/connection.ts'
import { HttpError } from '../message/errors.ts'
import type { ExchangeRecord } from '../message/exchange.ts'
import type { Handler, Middleware, Scheme } from '../message/interface.ts'
import { Declined } from '../message/outcome.ts'
import { Request, type RequestInit } from '../message/request.ts'
import { Response } from '../message/response.ts'
import { Site, type SiteOptions } from './site.ts'

type Report = readonly [event: string, fields: Readonly<Record<string, unknown>> | undefined]

function siteOf(options: Partial<SiteOptions>): { site: Site; reports: Report[] } {
  const reports: Report[] = []
  const site = new Site({ routes: [], report: (_, event, fields) => reports.push([event, fields]), ...options })
  return { site, reports }
}

function says(text: string): Handler {
  return () => new Response(text)
}

test('where nothing has to be waited for, the answer is there at once', () => {
  const answer = new Response('x')
  const { site } = siteOf({ routes: [{ match: '/*', resource: () => answer }] })
  assert.equal(site.handle(new Request('http://h/'), connected()), answer)
})

test('a route that cannot be built is named by its place', () => {
  assert.throws(() => siteOf({ routes: [{ match: '/', respond: 'x' }, { match: '/a' }] }), {
    name: 'TypeError',
    message:
      'routes[1]: a route needs one of files, module, resource, cgi, fastcgi, scgi, proxy, app, wsgi, object, authorize, redirect, respond',
  })
})

const wrap =
  (name: string): Middleware =>
  (next) =>
  async (request, connection) => {
    const answer = (await next(request, connection)) as Response
    const seen = answer.headers.get('x-seen')
    answer.headers.set('X-Seen', `${seen === null ? '' : `${seen} `}${name}`)
    return answer
  }

test('the middleware of the site is outermost, the first first, and is folded once', async () => {
  let folded = 0
  const once: Middleware = (next) => {
    folded++
    return next
  }
  const { site } = siteOf({
    routes: [{ match: '/*', respond: 'x', middleware: [wrap('route')] }],
    middleware: [wrap('outer'), wrap('inner'), once],
  })
  assert.equal((await site.request('/')).headers.get('x-seen'), 'route inner outer')
  await site.request('/')
  assert.equal(folded, 1)
})

for (const [what, init, status] of [
  ['404', { target: '/none' }, 404],
  ['405', { target: '/get', method: 'POST' }, 405],
  ['401', { target: '/closed' }, 401],
  ['413', { target: '/small', method: 'POST', body: 'xxxx' }, 413],
  ['500', { target: '/broken' }, 500],
  ['304', { target: '/tagged', headers: { 'If-None-Match': '"a"' } }, 304],
  ['412', { target: '/tagged', headers: { 'If-Match': '"b"' } }, 412],
  ['416', { target: '/tagged', headers: { Range: 'bytes=9-' } }, 416],
] as const) {
  test(`a ${what} passes through the middleware of the site, and not through that of the route where none was reached`, async () => {
    const tagged = { headers: { ETag: '"a"' }, body: 'abc' }
    const { site } = siteOf({
      routes: [
        { match: { path: '/get', method: 'GET' }, respond: 'x' },
        { match: '/closed', respond: 'x', access: { scheme: { identify: () => undefined, challenge: () => 'X' } } },
        { match: '/small', respond: 'x', limits: { body: 3 } },
        { match: '/broken', resource: () => assert.fail('broken') },
        { match: '/tagged', respond: tagged },
      ],
      middleware: [wrap('site')],
      errors: { default: () => new Response('page', { headers: { 'X-Seen': 'page' } }) },
    })
    const { target, ...rest } = init
    const answer = await site.request(target, rest)
    assert.equal(answer.status, status)
    assert.equal(answer.headers.get('x-seen'), status === 304 ? 'site' : 'page site')
  })
}

test('a middleware of the site may change the path before it is routed', async () => {
  const lower: Middleware = (next) => (request, connection) =>
    next(request.with({ path: request.path.toLowerCase() }), connection)
  const { site } = siteOf({ routes: [{ match: '/a', respond: 'found' }], middleware: [lower] })
  assert.equal(await (await site.request('/A')).text(), 'found')
})

test('a middleware may ask for a part that the client did not ask for', async () => {
  const first: Middleware = (next) => (request, connection) =>
    next(request.with({ headers: { Range: 'bytes=0-0' } }), connection)
  const { site } = siteOf({
    routes: [{ match: '/*', respond: { headers: { ETag: '"a"' }, body: 'abc' } }],
    middleware: [first],
  })
  assert.equal((await site.request('/')).status, 206)
})

for (const [what, middleware] of [
  ['throws', () => () => assert.fail('secret')],
  ['rejects', () => () => Promise.reject(new Error('secret'))],
  ['returns nonsense', () => () => 'text' as unknown as Response],
  ['declines, when there is no other site', () => () => Declined],
  ['rejects with nothing', () => () => Promise.reject(undefined)],
] satisfies [string, Middleware][]) {
  test(`a middleware of the site that ${what} is a 500, reported`, async () => {
    const { site, reports } = siteOf({ middleware: [middleware] })
    const answer = await site.request('/')
    assert.equal(answer.status, 500)
    assert.doesNotMatch(await answer.text(), /secret/)
    assert.equal(reports.length, 1)
  })
}

test("a middleware may give the platform's Response", async () => {
  for (const reply of [() => new globalThis.Response('x'), async () => new globalThis.Response('x')]) {
    const { site } = siteOf({ middleware: [() => reply] })
    const answer = await site.request('/')
    assert.deepEqual([await answer.text(), answer.headers.getAll('content-type').length], ['x', 1])
  }
})

test('conditions and ranges work for any resource that has a validator (RFC 9110 §13, §14)', async () => {
  const headers = { ETag: '"a"' }
  const { site } = siteOf({
    routes: [
      { match: '/function', resource: async () => new Response('0123456789', { headers }) },
      { match: '/class', resource: { GET: () => new Response('0123456789', { headers }) } },
      { match: '/fetch', resource: { fetch: () => new globalThis.Response('0123456789', { headers }) } },
      { match: '/respond', respond: { body: '0123456789', headers } },
    ],
  })
  for (const path of ['/function', '/class', '/respond']) {
    const part = await site.request(path, { headers: { Range: 'bytes=2-3' } })
    assert.deepEqual([part.status, await part.text(), part.headers.get('content-range')], [206, '23', 'bytes 2-3/10'])
  }
  for (const path of ['/function', '/class', '/respond', '/fetch']) {
    const same = await site.request(path, { headers: { 'If-None-Match': '"a"' } })
    assert.deepEqual([same.status, same.body, same.headers.get('etag')], [304, null, '"a"'])
    assert.equal((await site.request(path, { headers: { 'If-Match': '"b"' } })).status, 412)
  }
  const whole = await site.request('/fetch', { headers: { Range: 'bytes=2-3' } })
  assert.deepEqual([whole.status, await whole.text()], [200, '0123456789'], 'a stream cannot be cut')
})

test('conditions of a writing method are left to the resource', async () => {
  const { site } = siteOf({ routes: [{ match: '/*', respond: { body: 'x', headers: { ETag: '"a"' } } }] })
  const init = { method: 'PUT', headers: { 'If-Match': '"b"' } }
  assert.equal((await site.request('/', init)).status, 200)
})

test('a 412 that a site finds keeps nothing of the answer it replaces', async () => {
  const respond = { body: 'secret', headers: { ETag: '"a"', 'Set-Cookie': 'a=1' } }
  const { site } = siteOf({ routes: [{ match: '/*', respond }] })
  const answer = await site.request('/', { headers: { 'If-Match': '"b"' } })
  assert.deepEqual([answer.headers.get('set-cookie'), answer.headers.get('etag')], [null, null])
  assert.doesNotMatch(await answer.text(), /secret/)
})

for (const [what, options, size, status] of [
  ['1 MiB where nothing is said', {}, 1024 * 1024, 200],
  ['1 MiB where nothing is said', {}, 1024 * 1024 + 1, 413],
  ['that of the site', { limits: { body: 10 } }, 10, 200],
  ['that of the site', { limits: { body: 10 } }, 11, 413],
] as const) {
  test(`the body limit is ${what}: ${size} bytes are ${status}`, async () => {
    const resource = async (request: Request): Promise<Response> => new Response(String((await request.bytes()).length))
    const { site } = siteOf({ ...options, routes: [{ match: '/*', resource }] })
    assert.equal((await site.request('/', { method: 'POST', body: new Uint8Array(size) })).status, status)
  })
}

test('the body limit of a route counts there, above or below that of the site', async () => {
  const { site } = siteOf({
    limits: { body: 10 },
    routes: [
      { match: '/more', respond: 'x', limits: { body: 20 } },
      { match: '/less', respond: 'x', limits: { body: 5 } },
    ],
  })
  const post = async (path: string, size: number): Promise<number> =>
    (await site.request(path, { method: 'POST', body: new Uint8Array(size) })).status
  assert.deepEqual([await post('/more', 20), await post('/less', 6), await post('/less', 5)], [200, 413, 200])
})

/** Says who it is by a field; some of them take a while to find out. */
class Named implements Scheme {
  identify(
    request: Request,
  ): { name: string; groups: string[] } | undefined | Promise<{ name: string; groups: string[] }> {
    const name = request.headers.get('x-user')
    if (name === null) return undefined
    const user = { name, groups: [] }
    return request.headers.has('x-slow') ? new Promise((resolve) => setImmediate(() => resolve(user))) : user
  }
  challenge(): string {
    return 'Named'
  }
}

test('two users on one socket, their exchanges interleaved, never mix', async () => {
  const resource: Handler = async (request, connection) => {
    const before = connection.user?.name
    for (let i = 0; i < Number(request.headers.get('x-wait')); i++) await new Promise(setImmediate)
    return new Response(`${before} ${connection.user?.name}`)
  }
  const { site } = siteOf({
    routes: [
      { match: '/closed', access: { scheme: new Named() }, resource },
      { match: '/open', resource },
    ],
  })
  const asked = Array.from({ length: 60 }, (_, i) => {
    const name = ['ada', 'bob', 'eve'][i % 3] as string
    const path = i % 4 === 3 ? '/open' : '/closed'
    const headers = { 'X-User': name, 'X-Wait': String(i % 5), ...(i % 2 === 0 && { 'X-Slow': '1' }) }
    const expected = path === '/open' ? 'undefined undefined' : `${name} ${name}`
    return { answer: site.handle(new Request(`http://h${path}`, { headers }), connected()), expected }
  })
  for (const { answer, expected } of asked) assert.equal(await (await answer).text(), expected)
})

test('a Connection that is handed in again brings no user along', async () => {
  const whoever: Handler = (_, connection) => new Response(String(connection.user?.name))
  const { site } = siteOf({
    routes: [
      { match: '/closed', access: { scheme: new Named() }, resource: whoever },
      { match: '/open', resource: whoever },
    ],
  })
  const connection = connected()
  const ask = async (path: string, user?: string): Promise<string> => {
    const headers = user === undefined ? {} : { 'X-User': user }
    const answer = await site.handle(new Request(`http://h${path}`, { headers }), connection)
    return answer.status === 200 ? answer.text() : String(answer.status)
  }
  assert.deepEqual(
    [
      await ask('/closed', 'ada'),
      await ask('/open'),
      await ask('/closed', 'bob'),
      await ask('/closed'),
      await ask('/open'),
    ],
    ['ada', 'undefined', 'bob', '401', 'undefined'],
  )
})

test('a Fetch application sees the path that was routed and guarded, in whatever spelling it came', async () => {
  const app = { fetch: ({ url }: globalThis.Request) => new globalThis.Response(new URL(url).pathname) }
  const access = { scheme: { identify: () => undefined, challenge: () => 'Bearer' } }
  const { site } = siteOf({
    routes: [
      { match: '/admin/*', access, resource: app },
      { match: '/*', resource: app },
    ],
  })
  const seen = async (path: string): Promise<unknown> => {
    const answer = await site.request(path)
    return answer.status === 200 ? answer.text() : answer.status
  }
  for (const path of ['/admin//../x', '/x/../admin//../x', '/%61dmin/%2E%2E/x'])
    assert.equal(await seen(path), '/x', path)
  for (const path of ['/x//../admin/y', '//admin//y', '/%61dmin/y']) assert.equal(await seen(path), 401, path)
})

test('every logger is told once of an exchange that has ended, though another one fails', async () => {
  const told: string[] = []
  const log = [
    { logRequest: (record: ExchangeRecord) => told.push(`first ${record.uri} ${record.status}`) },
    { logRequest: () => assert.fail('logger') },
    { logRequest: (record: ExchangeRecord) => told.push(`third ${record.route} ${record.resource} ${record.user}`) },
  ]
  const { site, reports } = siteOf({ log, routes: [{ match: '/a', respond: { status: 201 } }] })
  assert.equal(site.logging, true)
  await site.request('/a?x')
  assert.deepEqual(told, ['first /a?x 201', 'third /a respond undefined'])
  assert.deepEqual([reports.length, reports[0]?.[0]], [1, 'A logger failed.'])
})

test('a logger that fails later, and a report that fails, concern nobody else', async () => {
  const log = [{ logRequest: () => Promise.reject(new Error('logger')) }]
  const { site, reports } = siteOf({ log, routes: [{ match: '/a', respond: 'x' }] })
  await site.request('/a')
  await new Promise(setImmediate)
  assert.deepEqual([reports.length, reports[0]?.[0]], [1, 'A logger failed.'])
  for (const report of [() => assert.fail('report'), () => Promise.reject(new Error('report'))]) {
    const failing = siteOf({ log, report, routes: [{ match: '/*', resource: () => assert.fail('resource') }] })
    assert.equal((await failing.site.request('/')).status, 500)
    await new Promise(setImmediate)
  }
})

test('a logger hears what was thrown: the cause, not what the client was told', async () => {
  const cause = new Error('disk')
  const errors: unknown[] = []
  const log = [{ logRequest: (record: ExchangeRecord) => errors.push(record.error) }]
  const notFound = new HttpError(404)
  const { site } = siteOf({
    log,
    routes: [
      { match: '/a', resource: () => Promise.reject(cause) },
      { match: '/b', resource: () => Promise.reject(new HttpError(502, { cause })) },
      { match: '/c', resource: () => Promise.reject(notFound) },
      { match: '/d', respond: 'x' },
    ],
  })
  for (const path of ['/a', '/b', '/c', '/d']) await site.request(path)
  assert.deepEqual(errors, [cause, cause, notFound, undefined])
})

test('a site without loggers is not logging, and one without a report tells nobody', async () => {
  const site = new Site({ routes: [{ match: '/*', resource: () => assert.fail('nobody hears') }] })
  assert.equal(site.logging, false)
  assert.equal((await site.request('/')).status, 500)
})

for (const [what, exported] of [
  [
    'a class',
    class {
      GET(): Response {
        return new Response('ok')
      }
    },
  ],
  ['an instance', { GET: says('ok') }],
  ['a function', says('ok')],
  ['{ fetch }', { fetch: () => new globalThis.Response('ok') }],
  ['named exports', { GET: says('ok'), name: 'x' }],
  ['a default export', { default: says('ok') }],
] as const) {
  test(`a route may have ${what} as its resource or its module`, async () => {
    const { site } = siteOf({
      routes: [
        { match: '/resource', resource: exported },
        { match: '/module', module: exported },
      ],
    })
    for (const path of ['/resource', '/module']) assert.equal(await (await site.request(path)).text(), 'ok')
  })
}

test('the target of a request in process is read as from the wire', async () => {
  const { site } = siteOf({ routes: [{ match: '/b', respond: 'b' }] })
  const ask = async (target: string, init?: RequestInit): Promise<number> => (await site.request(target, init)).status
  assert.deepEqual([await ask('/a/../b'), await ask('//b'), await ask('/%62'), await ask('/%00')], [200, 200, 200, 400])
})

for (const [what, options, expected] of [
  ['a mistyped access', { acces: {} }, /a site has no key acces; possible are routes/],
  ['an access that got lost', { access: undefined }, /access is undefined: say what it is/],
] as const) {
  test(`${what} opens no site: it is refused`, () => {
    assert.throws(() => new Site({ routes: [], ...options } as unknown as SiteOptions), { message: expected })
  })
}
