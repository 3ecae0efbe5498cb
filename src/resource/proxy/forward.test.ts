import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connected } from '../../../test/support/connection.ts'
import { HttpPeer, type Said } from '../../../test/support/http-peer.ts'
import type { HttpError } from '../../message/errors.ts'
import type { HeadersInit } from '../../message/headers.ts'
import { canonicalPath } from '../../message/path.ts'
import type { IncomingBody } from '../../message/request.ts'
import { Request } from '../../message/request.ts'
import type { Response } from '../../message/response.ts'
import { Site } from '../../site/site.ts'
import { type ForwardTo, forwarder } from './forward.ts'

interface Asked {
  readonly method?: string
  readonly path?: string
  readonly mount?: string
  readonly headers?: HeadersInit
  readonly body?: IncomingBody
  readonly authority?: string
  readonly version?: string
  readonly said?: Said
}

/** Forwards one request, as a front door would make it, to a server without a wire. */
async function forward(options: ForwardTo, asked: Asked = {}): Promise<{ peer: HttpPeer; answer: Response }> {
  const peer = new HttpPeer()
  peer.said = asked.said ?? { body: 'hello' }
  const { Headers } = await import('../../message/headers.ts')
  const target = asked.path ?? '/a?b'
  const mark = target.indexOf('?')
  const path = canonicalPath(mark < 0 ? target : target.slice(0, mark))
  assert.ok(path !== undefined)
  const request = new Request({
    method: asked.method ?? 'GET',
    target,
    path,
    search: mark < 0 ? '' : target.slice(mark),
    version: asked.version ?? '1.1',
    authority: asked.authority ?? 'site.example',
    secure: false,
    headers: new Headers(asked.headers ?? {}),
    body: asked.body ?? null,
  })
  request.mount = asked.mount ?? ''
  const answer = (await forwarder(peer.open, 'peer', options)(request, connected())) as Response
  return { peer, answer }
}

const PLAIN: ForwardTo = { forwarded: false, headers: { Via: false } }

test('a request goes with its line, its Host, its fields and who the client is', async () => {
  const { peer, answer } = await forward(
    {},
    {
      headers: [
        ['Accept', '*/*'],
        ['X-One', '1'],
        ['x-one', '2'],
      ],
    },
  )
  assert.deepEqual(peer.lines, [
    'GET /a?b HTTP/1.1',
    'Host: site.example',
    'Accept: */*',
    'X-One: 1',
    'x-one: 2',
    'X-Forwarded-For: 192.0.2.1',
    'X-Forwarded-Proto: http',
    'X-Forwarded-Host: site.example',
    'Forwarded: for=192.0.2.1;proto=http;host=site.example',
    'Via: 1.1 oriel',
  ])
  assert.equal(await answer.text(), 'hello')
})

/** Fields of a client, and what of them a back end sees. */
const FIELDS: readonly (readonly [what: string, sent: readonly (readonly [string, string])[], seen: string[]])[] = [
  [
    'fields of the connection',
    [
      ['Connection', 'close'],
      ['Keep-Alive', 'x'],
      ['Proxy-Connection', 'x'],
      ['TE', 'x'],
    ],
    [],
  ],
  [
    'fields of the framing',
    [
      ['Content-Length', '3'],
      ['Transfer-Encoding', 'chunked'],
      ['Trailer', 'X'],
    ],
    [],
  ],
  ['Expect', [['Expect', '100-continue']], []],
  [
    'what Connection names',
    [
      ['Connection', 'X-A, x-b'],
      ['X-A', '1'],
      ['X-B', '2'],
      ['X-C', '3'],
    ],
    ['X-C: 3'],
  ],
  [
    'two Connections',
    [
      ['Connection', 'X-A'],
      ['connection', 'X-B'],
      ['X-A', '1'],
      ['x-b', '2'],
    ],
    [],
  ],
  [
    'what is ours to say',
    [
      ['Forwarded', 'for=1'],
      ['X-Forwarded-For', '1'],
      ['x-forwarded-anything', '1'],
    ],
    [],
  ],
  ['an address', [['X-Real-IP', '1.2.3.4']], []],
  [
    'a path for frameworks',
    [
      ['X-Original-URL', '/admin'],
      ['X-Rewrite-Url', '/admin'],
    ],
    [],
  ],
  [
    'what becomes HTTP_PROXY',
    [
      ['Proxy', 'http://evil'],
      ['Proxy-Authorization', 'Basic x'],
    ],
    [],
  ],
  [
    'another spelling of what is ours',
    [
      ['X_Forwarded_For', '1'],
      ['X.Forwarded.For', '1'],
      ['Content_Length', '9'],
    ],
    [],
  ],
  ['an odd name alone', [['access_token', 't']], ['access_token: t']],
  [
    'an odd name twice',
    [
      ['access_token', 't'],
      ['Access_Token', 'u'],
    ],
    ['access_token: t', 'Access_Token: u'],
  ],
  [
    'an odd name beside a plain one',
    [
      ['X_User', 'evil'],
      ['X-User', 'good'],
    ],
    ['X-User: good'],
  ],
  [
    'two odd names for one',
    [
      ['X_User', 'a'],
      ['X.User', 'b'],
    ],
    [],
  ],
  [
    'cookies and authorization',
    [
      ['Cookie', 'a=b'],
      ['Authorization', 'Basic x'],
    ],
    ['Cookie: a=b', 'Authorization: Basic x'],
  ],
  [
    'ranges and conditions',
    [
      ['Range', 'bytes=0-1'],
      ['If-None-Match', '"a"'],
    ],
    ['Range: bytes=0-1', 'If-None-Match: "a"'],
  ],
  ['Host', [['Host', 'evil.example']], []],
  [
    'h2c',
    [
      ['Connection', 'Upgrade, HTTP2-Settings'],
      ['Upgrade', 'h2c'],
      ['HTTP2-Settings', 'x'],
    ],
    [],
  ],
]

for (const [what, sent, seen] of FIELDS) {
  test(`of a client's fields a back end sees what is its own: ${what}`, async () => {
    const { peer } = await forward(PLAIN, { headers: sent })
    assert.deepEqual(peer.lines.slice(2), seen)
    assert.equal(peer.lines[1], 'Host: site.example')
  })
}

test('a client cannot name our own fields away, nor those that the site sets', async () => {
  const headers = { Connection: 'X-Forwarded-For, Forwarded, X-Key, Via, Host', 'X-Key': 'mine', X_Key: 'mine too' }
  const { peer } = await forward({ headers: { 'X-Key': 'secret' } }, { headers })
  assert.deepEqual(peer.field('X-Key'), ['secret'])
  assert.deepEqual(peer.field('X_Key'), [])
  assert.deepEqual(peer.field('X-Forwarded-For'), ['192.0.2.1'])
  assert.equal(peer.field('Host').length, 1)
})

test('fields are left out where the site says so, ours too', async () => {
  const options = { headers: { Cookie: false, 'X-Forwarded-Host': false, Via: false, Forwarded: 'for=site' } } as const
  const { peer } = await forward(options, { headers: { Cookie: 'a=b', Via: '1.1 other' } })
  assert.deepEqual(peer.lines.slice(2), [
    'X-Forwarded-For: 192.0.2.1',
    'X-Forwarded-Proto: http',
    'Forwarded: for=site',
  ])
})

test('Via is carried on, and a request that goes round in a circle ends', async () => {
  const { peer } = await forward({}, { headers: { Via: '1.0 fred' }, version: '2.0' })
  assert.deepEqual(peer.field('Via'), ['1.0 fred, 2.0 oriel'])
  const Via = Array(8).fill('1.1 oriel').join(', ')
  await assert.rejects(forward({}, { headers: { Via } }), (error: HttpError) => error.status === 508)
})

/** The path under a mount, what takes its place, and the target that is sent. */
const PATHS: readonly (readonly [path: string, mount: string, base: string | undefined, target: string])[] = [
  ['/app/x?q=%2f#', '/app', undefined, '/app/x?q=%2f%23'],
  ['/app/x', '/app', '/', '/x'],
  ['/app/', '/app', '/', '/'],
  ['/app/x', '/app', '/base/', '/base/x'],
  ['/app/x', '/app', '/base', '/base/x'],
  ['/x', '', '/base/', '/base/x'],
  ['//a//b', '', undefined, '/a/b'],
  ['/a/../b/./c', '', undefined, '/b/c'],
  ['/a%2Fb%2fc', '', undefined, '/a%2Fb%2Fc'],
  ['/%61?a=%61&b=//..', '', undefined, '/a?a=%61&b=//..'],
  ['/a?x y\r\nEvil: 1', '', undefined, '/a?x%20y%0D%0AEvil:%201'],
]

for (const [path, mount, base, target] of PATHS) {
  test(`${JSON.stringify(path)} under ${mount || '/'} goes to ${base ?? 'the same path'} as ${target}`, async () => {
    const { peer } = await forward({ ...PLAIN, ...(base !== undefined && { path: base }) }, { path, mount })
    assert.equal(peer.lines[0], `GET ${target} HTTP/1.1`)
  })
}

for (const path of ['/a/..;/admin', '/a%2F..%2Fadmin', '/a/..%2Fadmin', '/a%2f.', '/.;x/y', '/a/..;']) {
  test(`${path} is refused: a back end may take it for another path than the guard`, async () => {
    await assert.rejects(forward({}, { path }), (error: HttpError) => error.status === 400)
  })
}

for (const [path, found] of [
  ['/a..b', '/a..b'],
  ['/.well-known/x', '/.well-known/x'],
  ['/a%2F.b', '/a%2F.b'],
] as const) {
  test(`${path} is a plain path`, async () => {
    const { peer } = await forward({}, { path })
    assert.equal(peer.lines[0], `GET ${found} HTTP/1.1`)
  })
}

test('a mounted folder has a slash at its end', async () => {
  const { peer, answer } = await forward({ path: '/' }, { path: '/app?x', mount: '/app' })
  assert.equal(`${answer.status} ${answer.headers.get('location')} ${peer.calls.length}`, '308 /app/?x 0')
  const posted = await forward({ path: '/base/' }, { method: 'POST', path: '/app', mount: '/app' })
  assert.equal(posted.peer.lines[0], 'POST /base/ HTTP/1.1')
  assert.deepEqual(posted.peer.field('X-Forwarded-Prefix'), ['/app'])
})

test('Host is what the client named, the back end, or a name', async () => {
  const origins = ['http://back.example:9000']
  for (const [host, seen] of [
    [undefined, 'site.example'],
    ['upstream', 'back.example:9000'],
    ['name.example', 'name.example'],
  ] as const) {
    const { peer } = await forward(
      { origins, ...(host !== undefined && { host }) },
      { headers: { Host: 'site.example' } },
    )
    assert.deepEqual(peer.field('Host'), [seen])
    assert.deepEqual(peer.field('X-Forwarded-Host'), ['site.example'])
  }
  const { peer } = await forward({ origins }, { authority: '' })
  assert.deepEqual(peer.field('Host'), ['back.example:9000'], 'HTTP/1.0 names none')
  assert.deepEqual(peer.field('X-Forwarded-Host'), [])
})

test('TRACE and CONNECT are refused; Max-Forwards counts for OPTIONS alone', async () => {
  for (const method of ['TRACE', 'CONNECT']) {
    await assert.rejects(forward({}, { method }), (error: HttpError) => error.status === 501)
  }
  const ended = await forward({}, { method: 'OPTIONS', headers: { 'Max-Forwards': '0' } })
  assert.equal(`${ended.answer.status} ${ended.peer.calls.length}`, '204 0')
  const counted = await forward({}, { method: 'OPTIONS', headers: { 'Max-Forwards': '7' } })
  assert.deepEqual(counted.peer.field('Max-Forwards'), ['6'])
  const passed = await forward({}, { headers: { 'Max-Forwards': '0' } })
  assert.deepEqual(passed.peer.field('Max-Forwards'), ['0'])
  const bad = forward({}, { method: 'OPTIONS', headers: { 'Max-Forwards': 'x' } })
  await assert.rejects(bad, (error: HttpError) => error.status === 400)
})

test('fields behind the content go on unless they are ours to say', async () => {
  const { Headers } = await import('../../message/headers.ts')
  const trailers = new Headers([
    ['X-Sum', '1'],
    ['X-Forwarded-For', '6.6.6.6'],
    ['X_Forwarded_For', '6'],
    ['Host', 'h'],
    ['Cookie', 'a'],
  ])
  const body: IncomingBody = {
    used: false,
    declared: undefined,
    limit: 100,
    trailers,
    async *[Symbol.asyncIterator]() {
      yield Buffer.from('abc')
    },
  }
  const { peer } = await forward({}, { method: 'POST', body })
  assert.deepEqual(peer.contents, ['abc'])
  assert.equal(peer.calls[0]?.content?.size, undefined)
  assert.deepEqual([...(peer.trailers[0]?.raw() ?? [])], [['X-Sum', '1']])
})

test('an answer comes back with its reason, repeated fields and their case, without those of its connection', async () => {
  const headers: [string, string][] = [
    ['X-A', '1'],
    ['x-a', '2'],
    ['Connection', 'X-Hop, keep-alive'],
    ['X-Hop', '1'],
    ['Keep-Alive', 'timeout=5'],
    ['X-Accel-Redirect', '/secret'],
    ['X-Accel-Buffering', 'no'],
    ['Set-Cookie', 'a=b'],
    ['Set-Cookie', 'c=d'],
  ]
  const { answer } = await forward({}, { said: { status: 299, statusText: 'Fine', headers } })
  assert.equal(`${answer.status} ${answer.statusText}`, '299 Fine')
  assert.deepEqual(
    [...answer.headers.raw()].map(([name, value]) => `${name}=${value}`),
    ['X-A=1', 'x-a=2', 'X-Accel-Buffering=no', 'Set-Cookie=a=b', 'Set-Cookie=c=d', 'Via=1.1 oriel'],
  )
})

test('conditions and ranges that a back end has not looked at hold for its answer', async () => {
  const peer = new HttpPeer()
  peer.said = { headers: { ETag: '"a"', 'Content-Length': '5' }, body: 'hello' }
  const site = new Site({ routes: [{ match: '/*', resource: forwarder(peer.open, 'peer', {}) }] })
  const cases: readonly [headers: Record<string, string>, status: number, content: string][] = [
    [{ 'If-None-Match': '"a"' }, 304, ''],
    [{ 'If-None-Match': '"b"' }, 200, 'hello'],
    [{ Range: 'bytes=0-1' }, 206, 'he'],
    [{ 'If-Match': '"a"' }, 200, 'hello'],
  ]
  for (const [headers, status, content] of cases) {
    const answer = await site.request('/', { headers })
    assert.equal(`${answer.status} ${await answer.text()}`, `${status} ${content}`)
  }
  assert.equal((await site.request('/', { headers: { 'If-Match': '"b"' } })).status, 412)
})

test('an error of the back end is its own to tell', async () => {
  const { answer } = await forward({}, { said: { status: 503, headers: { 'Retry-After': '7' }, body: 'its own page' } })
  assert.equal(`${answer.status} ${answer.headers.get('retry-after')} ${await answer.text()}`, '503 7 its own page')
})

test('trailers of an answer are there for a client that takes them', async () => {
  const { Headers } = await import('../../message/headers.ts')
  const said = { body: 'hello', trailers: new Headers({ 'X-Sum': '1', 'X-Accel-Redirect': '/secret' }) }
  const { answer, peer } = await forward({}, { said, headers: { TE: 'trailers', Connection: 'TE' } })
  assert.equal(peer.calls[0]?.takesTrailers, true)
  assert.equal(await answer.text(), 'hello')
  assert.deepEqual([...((await answer.trailers?.())?.raw() ?? [])], [['X-Sum', '1']])
  assert.equal((await forward({}, { said })).peer.calls[0]?.takesTrailers, false)
})

for (const options of [
  { headers: { 'Content-Length': '1' } },
  { headers: { Host: 'x' } },
  { headers: { 'X-A': 'a\r\nb' } },
  { headers: { 'X A': 'a' } },
  { path: 'base' },
  { upgrade: ['h2c'] },
]) {
  test(`${JSON.stringify(options)} cannot be`, () => {
    assert.throws(() => forwarder(new HttpPeer().open, 'peer', options), TypeError)
  })
}
