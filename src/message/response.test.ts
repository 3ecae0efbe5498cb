import assert from 'node:assert/strict'
import { test } from 'node:test'
import { branded, RESPONSE } from './brands.ts'
import { Headers } from './headers.ts'
import { Response, type ResponseInit } from './response.ts'

function raw(response: Response): [string, string][] {
  return [...response.headers.raw()]
}

test('a Response is 200 without content where nothing is said', () => {
  const response = new Response()
  assert.deepEqual([response.status, response.statusText, response.body, response.ok], [200, '', null, true])
  assert.deepEqual(raw(response), [])
  assert.equal(branded(response, RESPONSE), true)
})

test('a Response takes status, reason phrase and fields, as in Fetch', () => {
  const response = new Response('x', { status: 404, statusText: 'Gone fishing', headers: { 'X-A': '1' } })
  assert.deepEqual([response.status, response.statusText, response.ok], [404, 'Gone fishing', false])
  assert.equal(response.headers.get('x-a'), '1')
})

for (const [what, body, type] of [
  ['text', 'x', 'text/plain;charset=UTF-8'],
  ['URLSearchParams', new URLSearchParams('a=1'), 'application/x-www-form-urlencoded;charset=UTF-8'],
  ['a Blob with a type', new Blob(['x'], { type: 'image/png' }), 'image/png'],
  ['a Blob without a type', new Blob(['x']), null],
  ['bytes', new Uint8Array(1), null],
  ['nothing', null, null],
] as const) {
  test(`${what} has the type ${type} unless another is given, as in Fetch`, () => {
    assert.equal(new Response(body).headers.get('content-type'), type)
    const own = new Response(body, { headers: { 'content-TYPE': 'x/y' } })
    assert.deepEqual(own.headers.getAll('Content-Type'), ['x/y'])
  })
}

for (const status of [
  0,
  100,
  101,
  103,
  199,
  600,
  999,
  -1,
  200.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  '200' as never,
]) {
  test(`${String(status)} (${typeof status}) is no status of an answer (RFC 9110 §15)`, () => {
    assert.throws(() => new Response(null, { status }), RangeError)
    assert.throws(() => new Response(null).with({ status }), RangeError)
  })
}

test('every status from 200 to 599 is one, and 101 with a take-over', () => {
  for (const status of [200, 204, 299, 304, 418, 599]) {
    assert.equal(new Response(null, { status }).status, status)
    assert.equal(new Response(null).with({ status }).status, status)
  }
  const upgrade = (): void => undefined
  const response = new Response(null, { status: 101, upgrade })
  assert.deepEqual([response.status, response.upgrade], [101, upgrade])
  assert.equal(response.with({ headers: { A: '1' } }).upgrade, upgrade)
})

for (const evil of ['x\r\nX-Evil: 1', 'x\n', '\0', '€']) {
  test(`a reason phrase or a field ${JSON.stringify(evil)} cannot split an answer`, () => {
    assert.throws(() => new Response(null, { statusText: evil }), TypeError)
    assert.throws(() => new Response(null).with({ statusText: evil }), TypeError)
    assert.throws(() => new Response(null, { headers: { A: evil } }), TypeError)
    assert.throws(() => new Response(null).with({ headers: { A: evil } }), TypeError)
    assert.throws(() => new Response().headers.set('A', evil), TypeError)
    assert.throws(() => Response.json(1, { statusText: evil }), TypeError)
  })
}

test('what is no body is refused when the answer is made', () => {
  assert.throws(() => new Response(5 as unknown as string), TypeError)
  assert.throws(() => new Response({} as unknown as string), TypeError)
})

test('JSON answers have the type of JSON, their own fields and status', async () => {
  const response = Response.json({ a: [1, 'ü'] }, { status: 201, headers: { 'X-A': '1' } })
  assert.equal(response.status, 201)
  assert.equal(await response.text(), '{"a":[1,"ü"]}')
  assert.deepEqual(await response.json(), { a: [1, 'ü'] })
  assert.deepEqual(raw(response), [
    ['X-A', '1'],
    ['Content-Type', 'application/json'],
  ])
  assert.deepEqual(
    Response.json(null, { headers: { 'content-type': 'application/ld+json' } }).headers.getAll('content-type'),
    ['application/ld+json'],
  )
})

test('what JSON cannot say is refused', () => {
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  for (const value of [undefined, () => 1, Symbol('x'), circle, 1n])
    assert.throws(() => Response.json(value), TypeError)
})

for (const [to, location] of [
  ['/a?b=c', '/a?b=c'],
  ['https://example.org/ü', 'https://example.org/%C3%BC'],
  ['/a b', '/a%20b'],
  ['/%20ü', '/%20%C3%BC'],
  ['/100%', '/100%'],
  ['/ü%', '/%C3%BC%25'],
  ['/x\r\nSet-Cookie: a=1', '/x%0D%0ASet-Cookie:%20a=1'],
] as const) {
  test(`a redirect to ${JSON.stringify(to)} has the Location ${location}`, () => {
    const response = Response.redirect(to)
    assert.deepEqual([response.status, response.headers.get('location'), response.body], [302, location, null])
  })
}

test('a redirect takes a URL and a status of redirects alone (RFC 9110 §15.4)', () => {
  assert.equal(Response.redirect(new URL('http://h/a')).headers.get('location'), 'http://h/a')
  for (const status of [301, 302, 303, 307, 308]) assert.equal(Response.redirect('/', status).status, status)
  for (const status of [200, 300, 304, 305, 306, 309, 404]) {
    assert.throws(() => Response.redirect('/', status), RangeError)
  }
})

const full: ResponseInit = {
  status: 404,
  statusText: 'Nope',
  headers: { A: '1' },
  trailers: () => new Headers(),
}

test('with changes what is named and keeps the rest', () => {
  const first = new Response('x', full)
  const kept = first.with({})
  assert.deepEqual([kept.status, kept.statusText, kept.body, kept.headers.get('a')], [404, 'Nope', 'x', '1'])
  assert.equal(kept.trailers, first.trailers)
  assert.equal(first.with({ body: null }).body, null)
  assert.equal(first.with({ body: 'y' }).body, 'y')
  assert.deepEqual([...first.with({ headers: { B: '2' } }).headers.raw()], [['B', '2']])
  assert.equal(first.with({ statusText: 'Other' }).statusText, 'Other')
})

test('with another status has the phrase of that one', () => {
  assert.equal(new Response('x', full).with({ status: 410 }).statusText, '')
  assert.equal(new Response('x', full).with({ status: 410, statusText: 'Y' }).statusText, 'Y')
})

test('two answers of which one was made from the other share no fields, whoever asked for them first', () => {
  const first = new Response(null, { headers: { A: '1' } })
  const held = first.headers
  const second = first.with({ status: 201 })
  held.set('A', '2')
  first.headers.set('B', '2')
  assert.deepEqual(raw(second), [['A', '1']])
  second.headers.set('A', '3')
  assert.deepEqual(raw(first), [
    ['A', '2'],
    ['B', '2'],
  ])
  const third = second.with({})
  third.headers.delete('A')
  assert.deepEqual(raw(second), [['A', '3']])
})

test('an answer over shared fields copies them when somebody may change them', () => {
  const shared = new Headers({ A: '1' })
  shared.rendering = 'A: 1\r\n'
  const response = Response.over(200, shared, 'x')
  assert.equal(response.peek(), shared)
  response.headers.set('A', '2')
  response.headers.set('B', '2')
  assert.deepEqual([...shared.raw()], [['A', '1']])
  assert.equal(shared.rendering, 'A: 1\r\n')
  assert.deepEqual(raw(response), [
    ['A', '2'],
    ['B', '2'],
  ])
})

test('a body can be read as bytes, as a buffer of its own, as text and as JSON', async () => {
  const bytes = Buffer.from('{"a":"ü"}')
  for (const body of ['{"a":"ü"}', bytes, new Blob([bytes])]) {
    const response = new Response(body)
    assert.deepEqual(Buffer.from(await response.bytes()), bytes)
    const buffer = await response.arrayBuffer()
    assert.equal(buffer.byteLength, bytes.length)
    assert.equal(await response.text(), '{"a":"ü"}')
    assert.deepEqual(await response.json(), { a: 'ü' })
  }
  await assert.rejects(new Response('{').json(), SyntaxError)
})
