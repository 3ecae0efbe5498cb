import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BodyInit } from './body.ts'
import { branded, REQUEST } from './brands.ts'
import { HttpError } from './errors.ts'
import { Headers } from './headers.ts'
import { givenBody, type IncomingBody, Request, type RequestParts } from './request.ts'

function parts(changes: Partial<RequestParts> = {}): RequestParts {
  return {
    method: 'GET',
    target: '/a/../b?x=1',
    path: '/b',
    search: '?x=1',
    version: '1.1',
    authority: 'example.org:8080',
    secure: false,
    headers: new Headers(),
    body: null,
    ...changes,
  }
}

function posted(body: BodyInit, headers: Record<string, string> = {}): Request {
  return new Request('http://localhost/', { method: 'POST', body, headers })
}

test('a Request made from a URL has its parts, as in Fetch', () => {
  const request = new Request('https://example.org:8443/a%20b/../%7Ec?x=1&x=2#part', { headers: { 'X-A': '1' } })
  assert.deepEqual(
    [request.method, request.path, request.search, request.authority, request.secure, request.version],
    ['GET', '/~c', '?x=1&x=2', 'example.org:8443', true, '1.1'],
  )
  assert.equal(request.target, '/%7Ec?x=1&x=2')
  assert.equal(request.url, 'https://example.org:8443/~c?x=1&x=2')
  assert.equal(request.headers.get('x-a'), '1')
  assert.equal(request.headers.get('host'), 'example.org:8443')
  assert.equal(branded(request, REQUEST), true)
  assert.equal(new Request(new URL('http://h/x')).path, '/x')
})

test('a Host that was given stays', () => {
  assert.deepEqual(new Request('http://a/', { headers: { host: 'b' } }).headers.getAll('host'), ['b'])
})

for (const url of ['', '/a', 'nothing', 'http://', 'http://h/%00', 'http://h/%5C', 'http://h/%zz']) {
  test(`a Request cannot be made from ${JSON.stringify(url)}`, () => {
    assert.throws(() => new Request(url), TypeError)
  })
}

for (const [what, changes, url] of [
  ['the canonical path', {}, 'http://example.org:8080/b?x=1'],
  ['https', { secure: true }, 'https://example.org:8080/b?x=1'],
  ['localhost where no host is named', { authority: '' }, 'http://localhost/b?x=1'],
  ['the canonical path of an absolute form', { target: 'http://h/a/../b?x=1' }, 'http://example.org:8080/b?x=1'],
] as const) {
  test(`the URL has ${what} (RFC 9110 §7.1)`, () => {
    assert.equal(new Request(parts(changes)).url, url)
  })
}

test('the query is parsed when it is asked for, and once', () => {
  const request = new Request('http://h/?a=1&b=%C3%BC+x&a=2')
  assert.deepEqual(request.query.getAll('a'), ['1', '2'])
  assert.equal(request.query.get('b'), 'ü x')
  assert.equal(request.query, request.query)
  assert.equal(new Request('http://h/').query.size, 0)
})

test('cookies of all fields are decoded; the first of a name counts; no name reaches a prototype', () => {
  const headers = new Headers([
    ['Cookie', 'a=1; b=%C3%BC; q="x"'],
    ['cookie', 'a=2; __proto__=p; constructor=c; bad; e='],
  ])
  const { cookies } = new Request(parts({ headers }))
  assert.equal(cookies['a'], '1')
  assert.equal(cookies['b'], 'ü')
  assert.deepEqual(Object.entries(cookies).slice(-3), [
    ['__proto__', 'p'],
    ['constructor', 'c'],
    ['e', ''],
  ])
  assert.equal(cookies['toString'], undefined)
  assert.deepEqual(Object.keys(new Request(parts()).cookies), [])
})

test('the rest of the path is what stands behind the mount', () => {
  const request = new Request('http://h/a/b/c')
  assert.equal(request.rest, '/a/b/c')
  request.mount = '/a/b'
  assert.equal(request.rest, '/c')
  request.mount = '/a/b/c'
  assert.equal(request.rest, '')
})

test('there are no parameters before a route gives some', () => {
  const { params } = new Request('http://h/')
  assert.deepEqual(Object.keys(params), [])
  assert.equal(params['constructor'], undefined)
  assert.throws(() => Object.assign(params, { id: '1' }), TypeError)
})

for (const name of ['If-Match', 'if-none-match', 'IF-MODIFIED-SINCE', 'If-Unmodified-Since', 'If-Range', 'Range']) {
  test(`a request with ${name} asks for a part, or only if something changed`, () => {
    assert.equal(new Request('http://h/', { headers: { [name]: 'x' } }).selective, true)
    const changed = new Request('http://h/').with({ headers: { [name]: 'x' } })
    assert.equal(changed.selective, true, 'also where a middleware asks')
    assert.equal(changed.with({ headers: {} }).selective, false)
  })
}

test('a request without such a field does not, and a front door that looked is believed', () => {
  assert.equal(new Request('http://h/', { headers: { Accept: 'x' } }).selective, false)
  const headers = new Headers({ Range: 'bytes=0-1' })
  assert.equal(new Request(parts({ headers, selective: false })).selective, false)
})

for (const body of ['ab', new Uint8Array(Buffer.from('ab')), new Blob(['ab']), new URLSearchParams('ab'), chunked()]) {
  test(`a body given as ${typeof body === 'string' ? 'text' : body.constructor.name} is read once`, async () => {
    const request = posted(body)
    assert.equal(request.bodyUsed, false)
    assert.match(await request.text(), /^ab=?$/)
    assert.equal(request.bodyUsed, true)
    await assert.rejects(request.text(), TypeError)
    await assert.rejects(request.json(), TypeError)
  })
}

async function* chunked(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('a')
  yield Buffer.from('b')
}

for (const [body, length, type] of [
  ['ü', '2', 'text/plain;charset=UTF-8'],
  [new Uint8Array(3), '3', null],
  [new URLSearchParams('a=1'), '3', 'application/x-www-form-urlencoded;charset=UTF-8'],
  [new Blob(['abc'], { type: 'text/x' }), '3', 'text/x'],
  [chunked(), null, null],
] as const) {
  const what = typeof body === 'string' ? 'text' : body.constructor.name
  test(`a body of ${what} has the length ${length} and the type ${type} unless others are given`, () => {
    const { headers, body: given } = posted(body)
    assert.equal(headers.get('content-length'), length)
    assert.equal(given?.declared, length === null ? undefined : Number(length))
    assert.equal(headers.get('content-type'), type)
    const own = posted(body, { 'content-type': 'x/y', 'content-length': '1' }).headers
    assert.deepEqual([own.getAll('content-type'), own.getAll('content-length')], [['x/y'], ['1']])
  })
}

test('a request without a body has none to read', async () => {
  const request = new Request('http://h/')
  assert.equal(request.body, null)
  assert.equal(request.bodyUsed, false)
  assert.equal(await request.text(), '')
  assert.equal((await request.bytes()).length, 0)
  assert.deepEqual([...request.trailers], [])
})

test('a body can be read as bytes, as a buffer of its own, as text and as JSON', async () => {
  const content = '{"a":"ü"}'
  assert.deepEqual(Buffer.from(await posted(content).bytes()), Buffer.from(content))
  assert.equal((await posted(content).arrayBuffer()).byteLength, 10)
  assert.equal(await posted(content).text(), content)
  assert.deepEqual(await posted(content).json(), { a: 'ü' })
})

test('a body that is no JSON is 400, one that cannot be read is what it is', async () => {
  await assert.rejects(posted('{').json(), (error: HttpError) => {
    assert.equal(error.status, 400)
    assert.ok(error.cause instanceof SyntaxError)
    return true
  })
  const broken = new Error('broken')
  await assert.rejects(posted(failing(broken)).json(), broken)
})

async function* failing(error: Error): AsyncGenerator<Uint8Array> {
  yield Buffer.from('{')
  throw error
}

test('a body that is larger than its limit is 413 before more of it is given out', async () => {
  const request = posted(chunked())
  if (request.body !== null) request.body.limit = 1
  const read: string[] = []
  await assert.rejects(
    async () => {
      for await (const chunk of request.body ?? []) read.push(String(chunk))
    },
    (error) => error instanceof HttpError && error.status === 413,
  )
  assert.deepEqual(read, ['a'])
  const fits = posted('ab')
  if (fits.body !== null) fits.body.limit = 2
  assert.equal(await fits.text(), 'ab')
})

test('what somebody stops to read of a given body is let go of', async () => {
  let released = false
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield new Uint8Array(1)
    } finally {
      released = true
    }
  }
  for await (const _ of givenBody(source()) ?? []) break
  assert.equal(released, true)
})

test('trailers are there once the body has them (RFC 9110 §6.5)', () => {
  const body = { ...givenBody('x'), trailers: undefined as Headers | undefined } as IncomingBody & { trailers: Headers }
  const request = new Request(parts({ body }))
  assert.deepEqual([...request.trailers], [])
  body.trailers = new Headers({ A: '1' })
  assert.equal(request.trailers.get('a'), '1')
})

test('the signal follows that of the program, aborted before or later', () => {
  const controller = new AbortController()
  const request = new Request('http://h/', { signal: controller.signal })
  const late = new Request('http://h/', { signal: controller.signal })
  const { signal } = request
  assert.equal(signal.aborted, false)
  const reason = new Error('enough')
  controller.abort(reason)
  assert.deepEqual([signal.aborted, signal.reason, late.signal.reason], [true, reason, reason])
  assert.equal(new Request('http://h/', { signal: controller.signal }).signal.reason, reason)
})

test('a front door aborts the signal, whether somebody had asked for it or not', () => {
  const reason = new Error('gone')
  for (const early of [true, false]) {
    const request = new Request('http://h/')
    const asked = early ? request.signal : undefined
    request.abort(reason)
    request.abort(new Error('again'))
    assert.equal((asked ?? request.signal).reason, reason)
  }
})

test('with makes the same request with something changed', () => {
  const request = posted('x', { A: '1' })
  request.mount = '/m'
  request.params = { id: '1' }
  const made = request.with({ method: 'PUT', headers: { B: '2' } })
  assert.deepEqual([made.method, made.headers.get('a'), made.headers.get('b')], ['PUT', null, '2'])
  assert.deepEqual([made.mount, made.params, made.path, made.target], ['/m', { id: '1' }, '/', '/'])
  assert.deepEqual([request.method, request.headers.get('a')], ['POST', '1'])
  assert.equal(request.with({}).headers, request.headers)
})

test('body and signal stay the same ones, asked for before or after', async () => {
  for (const early of [true, false]) {
    const request = posted('x')
    if (early) void request.signal
    const made = request.with({ path: '/b' })
    const { signal } = made
    request.abort(new Error('gone'))
    assert.equal(signal.aborted, true)
    assert.equal(request.signal, signal)
    assert.equal(await made.text(), 'x')
    assert.equal(request.bodyUsed, true)
  }
})

test('another path is made canonical, brings its own query, and is what the URL says', () => {
  const request = new Request('http://example.org/a?x=1')
  const made = request.with({ path: '/b/%7e/../c?y=2' })
  assert.deepEqual([made.path, made.search, made.query.get('y')], ['/b/c', '?y=2', '2'])
  assert.equal(made.url, 'http://example.org/b/c?y=2')
  assert.equal(made.with({ method: 'PUT' }).url, 'http://example.org/b/c?y=2')
  assert.equal(made.target, '/a?x=1', 'the target is what the client sent')
  assert.equal(request.with({ path: '/b' }).search, '')
  for (const path of ['', 'b', '?x', '/%00', '/\\']) assert.throws(() => request.with({ path }), TypeError)
})
