import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import type { Connection } from '../../message/connection.ts'
import { HttpError } from '../../message/errors.ts'
import type { ExchangeRecord } from '../../message/exchange.ts'
import { Headers } from '../../message/headers.ts'
import { Declined, Reroute } from '../../message/outcome.ts'
import type { Request } from '../../message/request.ts'
import { Response } from '../../message/response.ts'
import { parseTarget } from '../../message/target.ts'
import type { Route } from '../../site/route.ts'
import { Site } from '../../site/site.ts'
import { webServerUser } from '../called/call.ts'
import { type HandleOptions, handleRequest } from './handle-request.ts'
import { hasOtherReading } from './other-reading.ts'
import type { HostContent, HostRequest } from './request.ts'

const SOON = { timeout: 20_000 }

type Asked = Partial<Omit<HostRequest, 'content'>> & { readonly content?: readonly string[] | HostContent | null }

/** A host in the hand of a test, which keeps what it is told. */
class FakeHost implements HostRequest {
  readonly method: string
  readonly target: string
  readonly version: '1.0' | '1.1' | '2.0'
  readonly fields: readonly string[]
  readonly facts = { remote: { address: '192.0.2.1', port: 7 }, secure: false }
  readonly content: HostContent | null
  status = 0
  head_: readonly string[] = []
  size: number | undefined = undefined
  body = ''
  trailers: readonly string[] | undefined = undefined
  /** `end`, or `broken`; how often. */
  readonly endings: string[] = []
  pulled = 0
  heads = 0
  gone: () => void = () => {}

  constructor({
    method = 'GET',
    target = '/',
    version = '1.1',
    fields = ['Host', 'a'],
    content = null,
    ...more
  }: Asked) {
    this.method = method
    this.target = target
    this.version = version
    this.fields = fields
    this.content = Array.isArray(content) ? this.#contentOf(content) : (content as HostContent | null)
    Object.assign(this, more)
  }

  #contentOf(pieces: readonly string[]): HostContent {
    const pulled = (): void => void this.pulled++
    return {
      trailers: ['X-Sum', '7', 'Host', 'evil', 'X-Bad', 'a\r\nb'],
      async *[Symbol.asyncIterator]() {
        for (const piece of pieces) {
          pulled()
          yield Buffer.from(piece)
        }
      },
    }
  }

  onGone(call: () => void): void {
    this.gone = call
  }

  head(status: number, _: string, fields: readonly string[], size: number | undefined): void {
    this.heads++
    this.status = status
    this.head_ = fields
    this.size = size
  }

  write(chunk: Uint8Array): void | Promise<void> {
    this.body += Buffer.from(chunk).toString('latin1')
  }

  end(trailers?: readonly string[]): void | Promise<void> {
    this.trailers = trailers
    this.endings.push('end')
  }

  breakOff(): void {
    this.endings.push('broken')
  }

  field(name: string): string | undefined {
    const at = this.head_.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === name)
    return at < 0 ? undefined : this.head_[at + 1]
  }
}

interface Ran {
  readonly host: FakeHost
  readonly outcome: string
  readonly records: ExchangeRecord[]
  readonly reports: string[]
}

function siteOf(resource: Route['resource'] | Route[]): { site: Site; records: ExchangeRecord[]; reports: string[] } {
  const records: ExchangeRecord[] = []
  const reports: string[] = []
  const site = new Site({
    routes: Array.isArray(resource) ? (resource as Route[]) : [{ match: '/*', resource: resource as () => Response }],
    log: [{ logRequest: (record) => records.push(record) }],
    report: (_, event) => reports.push(event),
  })
  return { site, records, reports }
}

async function run(resource: Route['resource'] | Route[], asked: Asked = {}, options?: HandleOptions): Promise<Ran> {
  const { site, records, reports } = siteOf(resource)
  const host = new FakeHost(asked)
  const outcome = await handleRequest(site, host, options)
  return { host, outcome, records, reports }
}

const hello = (): Response => new Response('hello')

test('an answer goes to the host whole, and the loggers hear of it once', SOON, async () => {
  const { host, outcome, records } = await run(hello)
  assert.equal(outcome, 'answered')
  assert.deepEqual([host.status, host.size, host.body, host.endings], [200, 5, 'hello', ['end']])
  assert.equal(host.field('content-length'), '5')
  assert.equal(records.length, 1)
  const [record] = records
  assert.deepEqual(
    [record?.status, record?.contentLength, record?.remoteIp, record?.protocol, record?.aborted],
    [200, 5, '192.0.2.1', 'HTTP/1.1', false],
  )
})

test('what hosts let through and no request has is refused, and logged', SOON, async () => {
  const refused: readonly (readonly [string, Asked, number])[] = [
    ['a bad method', { method: 'GET /x' }, 400],
    ['an empty method', { method: '' }, 400],
    ['no Host', { fields: [] }, 400],
    ['Host twice', { fields: ['Host', 'a', 'host', 'a'] }, 400],
    ['a bad Host', { fields: ['Host', 'a/b'] }, 400],
    ['a Host with a user', { fields: ['Host', 'u@a'] }, 400],
    ['an authority that is not Host', { version: '2.0', authority: 'a', fields: ['host', 'b'] }, 400],
    ['an empty authority', { version: '2.0', authority: '', fields: [] }, 400],
    ['NUL in a field', { fields: ['Host', 'a', 'X', 'a\0b'] }, 400],
    ['CR in a field', { fields: ['Host', 'a', 'X', 'a\rb'] }, 400],
    ['LF in a field', { fields: ['Host', 'a', 'X', 'a\nb'] }, 400],
    ['text that is no bytes in a field', { fields: ['Host', 'a', 'X', '€'] }, 400],
    ['a space in a name', { fields: ['Host', 'a', 'X ', 'a'] }, 400],
    ['a pseudo-field', { version: '2.0', authority: 'a', fields: [':path', '/x'] }, 400],
    ['a name without a value', { fields: ['Host', 'a', 'X'] }, 400],
    ['a space in the target', { target: '/a b' }, 400],
    ['a fragment', { target: '/a#b' }, 400],
    ['CR and LF in the target', { target: '/a\r\nX: y' }, 400],
    ['a backslash', { target: '/a\\b' }, 400],
    ['no target', { target: '' }, 400],
    ['a target of another kind', { target: '*' }, 400],
    ['a target without a host', { target: 'http:///a' }, 400],
    ['Content-Length and Transfer-Encoding', { fields: smuggled('3', 'chunked'), content: ['abc'] }, 400],
    ['two lengths', { fields: ['Host', 'a', 'Content-Length', '3', 'Content-Length', '3'], content: ['abc'] }, 400],
    ['a length with a sign', { fields: ['Host', 'a', 'Content-Length', '+3'], content: ['abc'] }, 400],
    ['Transfer-Encoding in HTTP/1.0', { version: '1.0', fields: ['Transfer-Encoding', 'chunked'], content: [] }, 400],
    ['Transfer-Encoding in HTTP/2', { version: '2.0', authority: 'a', fields: ['transfer-encoding', 'chunked'] }, 400],
    ['a coding that is not known', { fields: ['Host', 'a', 'Transfer-Encoding', 'gzip, chunked'], content: [] }, 501],
    ['a length and no content', { fields: ['Host', 'a', 'Content-Length', '3'] }, 400],
    ['another expectation', { fields: ['Host', 'a', 'Expect', 'miracles'] }, 417],
    ['a mount that was left', { target: '/app/../secret', mount: '/app' }, 400],
    ['a path beside the mount', { target: '/apple', mount: '/app' }, 400],
  ]
  for (const [what, asked, status] of refused) {
    const { host, outcome, records, reports } = await run(() => assert.fail(what), asked, { handBack: true })
    assert.deepEqual([outcome, host.status, host.endings], ['answered', status, ['end']], what)
    assert.equal(records.length, 1, what)
    assert.deepEqual(reports, ['A request was refused.'], what)
  }
})

function smuggled(length: string, coding: string): string[] {
  return ['Host', 'a', 'Content-Length', length, 'Transfer-Encoding', coding]
}

test('a request is as the host has it: authority, cookies and Host over HTTP/2, an absolute form', SOON, async () => {
  const told = (request: Request, connection: Connection): Response =>
    Response.json([request.url, request.headers.getAll('host'), request.headers.getAll('cookie'), connection.protocol])
  const two = await run(told, { version: '2.0', authority: 'b:8', fields: ['cookie', 'a=1', 'cookie', 'b=2'] })
  assert.equal(two.host.body, '["http://b:8/",["b:8"],["a=1; b=2"],"HTTP/2"]')
  const absolute = await run(told, { target: 'http://c/x' })
  assert.equal(absolute.host.body, '["http://c/x",["c"],[],"HTTP/1.1"]')
  const old = await run(told, { version: '1.0', fields: [] })
  assert.equal(old.host.body, '["http://localhost/",[],[],"HTTP/1.0"]')
})

test('content is pulled, and must be as long as was said', SOON, async () => {
  const echo = async (request: Request): Promise<Response> => new Response(await request.bytes())
  const sized = (size: number): string[] => ['Host', 'a', 'Content-Length', String(size)]
  const whole = await run(echo, { method: 'POST', fields: sized(6), content: ['abc', '', 'def'] })
  assert.deepEqual([whole.host.status, whole.host.body, whole.records[0]?.bytesIn], [200, 'abcdef', 6])
  for (const size of [5, 7]) {
    const wrong = await run(echo, { method: 'POST', fields: sized(size), content: ['abc', 'def'] })
    assert.equal(wrong.host.status, 400, String(size))
  }
  const unsized = await run(echo, { method: 'POST', content: ['abc'] })
  assert.equal(unsized.host.body, 'abc')
  const failing: HostContent = {
    async *[Symbol.asyncIterator]() {
      yield Buffer.from('abc')
      throw new Error('aborted')
    },
  }
  assert.equal((await run(echo, { method: 'POST', content: failing })).host.status, 400)
  const mistaken: HostContent = {
    [Symbol.asyncIterator]() {
      throw new TypeError('it was read already')
    },
  }
  const { host, reports } = await run(echo, { method: 'POST', content: mistaken })
  assert.deepEqual([host.status, reports], [500, ['The request failed.']])
})

test('a limit of the site holds, also where no size is told', SOON, async () => {
  const routes: Route[] = [
    { match: '/*', limits: { body: 4 }, resource: async (request: Request) => new Response(await request.bytes()) },
  ]
  for (const fields of [
    ['Host', 'a'],
    ['Host', 'a', 'Content-Length', '6'],
  ]) {
    assert.equal((await run(routes, { method: 'POST', fields, content: ['abc', 'def'] })).host.status, 413)
  }
})

test('trailers of a request are told once it was read, without those that may not stand there', SOON, async () => {
  const { host } = await run(
    async (request: Request) => {
      const before = [...request.trailers]
      await request.bytes()
      return Response.json([before, ...request.trailers])
    },
    { method: 'POST', content: ['a'] },
  )
  assert.equal(host.body, '[[],["x-sum","7"]]')
})

test('what no route answers is handed back, unread and with nobody told', SOON, async () => {
  const routes: Route[] = [
    { match: '/declined', resource: () => Declined },
    { match: '/shut', resource: () => Declined, access: { scheme: webServerUser } },
    { match: { path: '/get', method: 'GET' }, resource: hello },
    { match: '/rerouted', resource: () => new Reroute('/none') },
    { match: '/absent', resource: () => Promise.reject(new HttpError(404)) },
    { match: '/read', resource: async (request: Request) => ((await request.bytes()) ? Declined : Declined) },
  ]
  const post = (target: string): Asked => ({ method: 'POST', target, content: ['abc'] })
  for (const target of ['/none', '/declined']) {
    const { host, outcome, records, reports } = await run(routes, post(target), { handBack: true })
    assert.deepEqual([outcome, host.heads, host.endings, host.pulled, records, reports], ['declined', 0, [], 0, [], []])
  }
  const answered: readonly (readonly [string, number])[] = [
    ['/shut', 401],
    ['/get', 405],
    ['/rerouted', 404],
    ['/absent', 404],
    ['/read', 500],
  ]
  for (const [target, status] of answered) {
    const { host, outcome, records } = await run(routes, post(target), { handBack: true })
    assert.deepEqual([target, outcome, host.status, records.length], [target, 'answered', status, 1])
  }
  const kept = await run(routes, post('/none'))
  assert.deepEqual([kept.outcome, kept.host.status, kept.records.length], ['answered', 404, 1])
})

test('a middleware of the site may answer what its routes do not', SOON, async () => {
  const site = new Site({
    routes: [],
    middleware: [
      (next) => async (request, connection) => {
        const answer = await next(request, connection)
        return request.path === '/kept' ? new Response('kept') : answer
      },
    ],
  })
  const host = new FakeHost({ target: '/kept' })
  assert.equal(await handleRequest(site, host, { handBack: true }), 'answered')
  assert.equal(host.body, 'kept')
  assert.equal(await handleRequest(site, new FakeHost({}), { handBack: true }), 'declined')
})

test('whom the host has let in comes in by webServerUser, on guarded routes alone', SOON, async () => {
  const who = (_: Request, { user, means }: Connection): Response => new Response(`${user?.name} ${means?.type}`)
  const routes: Route[] = [
    { match: '/in', resource: who, access: { scheme: webServerUser } },
    { match: '/*', resource: who },
  ]
  const user = { name: 'ann', groups: ['staff'] }
  assert.equal((await run(routes, { target: '/in', user, means: { type: 'Cookie' } })).host.body, 'ann Cookie')
  assert.equal((await run(routes, { target: '/in' })).host.status, 401)
  assert.equal((await run(routes, { target: '/open', user })).host.body, 'undefined undefined')
})

test('an answer that breaks off, or is not as long as it says, never looks whole', SOON, async () => {
  async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    yield Buffer.from('abc')
    throw new Error('no more')
  }
  async function* whole(): AsyncGenerator<Uint8Array, void, undefined> {
    yield Buffer.from('abc')
  }
  const sized = (size: string): ResponseInit => ({ headers: { 'Content-Length': size } })
  type ResponseInit = { headers: Record<string, string> }
  for (const answer of [() => new Response(pieces()), () => new Response(whole(), sized('4'))]) {
    const { host, records } = await run(answer)
    assert.deepEqual([host.status, host.body, host.endings], [200, 'abc', ['broken']])
    assert.deepEqual([records.length, records[0]?.aborted], [1, true])
  }
  // Nothing had left yet.
  const { host } = await run(() => new Response(whole(), sized('2')))
  assert.deepEqual([host.status, host.endings], [500, ['end']])
})

test('HEAD, 204, 205 and 304 have no content, and its source is let go', SOON, async () => {
  let released = 0
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: false as const, value: Buffer.from('x') }),
      return: () => {
        released++
        return Promise.resolve({ done: true as const, value: undefined })
      },
    }),
  }
  const seen: unknown[] = []
  for (const [method, status] of [
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 205],
    ['GET', 304],
  ] as const) {
    const { host } = await run(() => new Response(source, { status }), { method })
    seen.push([host.size, host.body, host.field('content-length')])
  }
  assert.deepEqual(seen, [
    [0, '', undefined],
    [0, '', undefined],
    [0, '', '0'],
    [0, '', undefined],
  ])
  assert.equal(released, 4)
  assert.equal((await run(hello, { method: 'HEAD' })).host.field('content-length'), '5')
})

test('trailers go only to clients that read them, and only those that may', SOON, async () => {
  async function* pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    yield Buffer.from('abc')
  }
  const answer = (): Response =>
    new Response(pieces(), { trailers: () => new Headers({ 'X-Sum': '7', 'Content-Length': '9' }) })
  assert.deepEqual((await run(answer, { fields: ['Host', 'a', 'TE', 'trailers'] })).host.trailers, ['X-Sum', '7'])
  assert.equal((await run(answer)).host.trailers, undefined)
})

test('a client that goes is told to the resource in each phase, and the loggers hear of it once', SOON, async (t) => {
  const { promise: never } = withResolvers<Response>()
  await t.test('before its answer', async () => {
    const { site, records } = siteOf((request: Request) => {
      setImmediate(() => host.gone())
      return new Promise<Response>((resolve) => request.signal.addEventListener('abort', () => resolve(hello())))
    })
    const host = new FakeHost({})
    assert.equal(await handleRequest(site, host), 'answered')
    assert.deepEqual([host.heads, host.endings], [0, []])
    assert.deepEqual(
      records.map(({ aborted }) => aborted),
      [true],
    )
  })
  await t.test('while its content is read', async () => {
    const stuck: HostContent = { [Symbol.asyncIterator]: () => ({ next: () => never as Promise<never> }) }
    const { site, records } = siteOf(async (request: Request) => {
      setImmediate(() => host.gone())
      return new Response(await request.bytes())
    })
    const host = new FakeHost({ method: 'POST', content: stuck })
    assert.equal(await handleRequest(site, host), 'answered')
    assert.deepEqual([host.heads, records.length, records[0]?.aborted], [0, 1, true])
  })
  await t.test('while its answer is written to a host that takes no more', async () => {
    let released = false
    async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        for (;;) yield Buffer.from('x')
      } finally {
        released = true
      }
    }
    const { site, records } = siteOf(() => new Response(endless()))
    const host = new FakeHost({
      write: () => {
        setImmediate(() => host.gone())
        return never as Promise<never>
      },
    })
    assert.equal(await handleRequest(site, host), 'answered')
    assert.deepEqual([host.endings, records.length, records[0]?.aborted], [[], 1, true])
    await new Promise((resolve) => setImmediate(resolve))
    assert.ok(released)
  })
  await t.test('while its answer is written to a host that takes everything at once', async () => {
    async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
      for (;;) yield Buffer.from('x')
    }
    const { site, records } = siteOf(() => new Response(endless()))
    const host = new FakeHost({ write: () => {} })
    setTimeout(() => host.gone(), 5)
    assert.equal(await handleRequest(site, host), 'answered')
    assert.deepEqual([host.endings, records[0]?.aborted], [[], true])
  })
  await t.test('before the site was asked', async () => {
    const { site, records } = siteOf((request: Request) => new Response(String(request.signal.aborted)))
    const host = new FakeHost({ onGone: (call) => call() })
    assert.equal(await handleRequest(site, host), 'answered')
    assert.deepEqual([host.heads, records.length], [0, 1])
  })
})

function withResolvers<T>(): { promise: Promise<T> } {
  return { promise: new Promise(() => {}) }
}

test('a host that fails while it is written to gets nothing more, and the rest is told', SOON, async () => {
  const fail = (): never => {
    throw new Error('the host is broken')
  }
  for (const part of ['head', 'write', 'end'] as const) {
    const { host, records, reports } = await run(hello, { [part]: fail })
    assert.deepEqual([host.endings.at(-1), records.length, reports.length], ['broken', 1, 1], part)
  }
  const rejecting = await run(hello, { write: () => Promise.reject(new Error('the host is broken')) })
  assert.deepEqual([rejecting.host.endings, rejecting.records.length], [['broken'], 1])
})

test('what is no request at all is thrown to the host', SOON, async () => {
  const { site } = siteOf(hello)
  await assert.rejects(handleRequest(site, {} as HostRequest))
})

test('a path that the host would route otherwise is refused where the host says so', SOON, async () => {
  for (const target of [
    '//a',
    '/a//b',
    '/a/../b',
    '/a/.',
    '/%61',
    '/a/%2e%2e/b',
    '/%7Ea',
    'http://a//b',
    'http://a;b/c',
    "http://a'b/c",
    "http://a/b'c",
  ]) {
    assert.equal((await run(hello, { target }, { routesByText: true })).host.status, 400, target)
    assert.equal((await run(hello, { target })).host.status, 200, target)
  }
  for (const target of [
    '/',
    '/a/b.c',
    '/a%20b',
    '/%C3%BC',
    '/a?b=//c/../d%61',
    '/..a/b..',
    '/a%2Fb',
    "/a'b",
    'http://a-b.c:80/d',
    'HTTPS://[::1]/',
    'http://a?/;//',
  ]) {
    assert.equal((await run(hello, { target }, { routesByText: true })).host.status, 200, target)
  }
})

test('property: a path without another reading is its own canonical path, up to the case of what stays encoded', () => {
  const alphabet = fc.constantFrom('/', '.', '%', '2', 'e', 'E', '6', '1', 'a', '~', '%41', '%2F', '%2e')
  fc.assert(
    fc.property(fc.string({ unit: alphabet, maxLength: 12 }), (text) => {
      const target = `/${text}`
      const parsed = parseTarget('GET', target)
      if (parsed === undefined || hasOtherReading(target)) return
      assert.equal(parsed.path.toLowerCase(), target.toLowerCase())
    }),
    runs(1000),
  )
})

test(
  'property: whatever a host hands over, it gets one answer, and the site sees no field that could split',
  SOON,
  async () => {
    const odd = fc.string({
      unit: fc.constantFrom('a', '/', ' ', ':', '\r', '\n', '\0', '*', '%', '.', '€', '\\', '?'),
      maxLength: 8,
    })
    await fc.assert(
      fc.asyncProperty(odd, odd, odd, odd, async (method, target, name, value) => {
        const seen: string[] = []
        const fields = ['Host', 'a', name, value]
        const { host, outcome } = await run(
          (request: Request) => {
            for (const [field, text] of request.headers.raw()) seen.push(field, text)
            return hello()
          },
          { method, target, fields },
        )
        assert.deepEqual([outcome, host.heads, host.endings], ['answered', 1, ['end']])
        assert.ok(!seen.some((text) => /[\r\n\0]/.test(text)))
      }),
      runs(200),
    )
  },
)
