import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Body } from './body.ts'
import { HttpError } from './errors.ts'
import { Headers } from './headers.ts'
import { Request } from './request.ts'
import { Response } from './response.ts'
import { selective } from './selective.ts'

const MODIFIED = 'Sun, 06 Nov 1994 08:49:37 GMT'
const FIELDS = {
  ETag: '"a"',
  'Last-Modified': MODIFIED,
  'Content-Type': 'text/plain',
  'Content-Length': '10',
  'Content-Language': 'en',
  'Content-Encoding': 'x',
  'Accept-Ranges': 'bytes',
  'Cache-Control': 'max-age=60',
  'Content-Location': '/x',
  Expires: MODIFIED,
  Vary: 'Accept',
  'Set-Cookie': 'a=1',
}

type Fields = Record<string, string>

function ask(fields: Fields, method = 'GET'): Request {
  return new Request('http://localhost/', { method, headers: fields })
}

function names(response: Response): string[] {
  return [...response.headers.keys()]
}

/** A body that tells whether it was let go of. */
function watched(): { body: AsyncIterable<Uint8Array>; released: () => boolean } {
  let released = false
  const body = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: true as const, value: undefined }),
      return: () => {
        released = true
        return Promise.resolve({ done: true as const, value: undefined })
      },
    }),
  }
  return { body, released: () => released }
}

function thrown(call: () => unknown): HttpError {
  try {
    call()
  } catch (error) {
    assert.ok(error instanceof HttpError)
    return error
  }
  return assert.fail('nothing was thrown')
}

for (const [what, request, response] of [
  ['there is no condition and no range', ask({}), new Response('0123456789', { headers: FIELDS })],
  ['the answer has no validator', ask({ 'If-None-Match': '*', Range: 'bytes=0-1' }), new Response('0123456789')],
  ['the answer is no 200', ask({ 'If-None-Match': '"a"' }), new Response('x', { status: 404, headers: FIELDS })],
  ['the answer is a 206', ask({ Range: 'bytes=0-1' }), new Response('x', { status: 206, headers: FIELDS })],
  ['the method writes', ask({ 'If-None-Match': '"a"' }, 'POST'), new Response('x', { headers: FIELDS })],
  ['the method writes', ask({ 'If-Match': '"b"', Range: 'bytes=0-1' }, 'PUT'), new Response('x', { headers: FIELDS })],
  ['the range is of another unit', ask({ Range: 'lines=0-1' }), new Response('0123456789', { headers: FIELDS })],
  [
    'HEAD asks for a range (RFC 9110 §14.2)',
    ask({ Range: 'bytes=0-1' }, 'HEAD'),
    new Response('0123456789', { headers: FIELDS }),
  ],
  [
    'If-Range names another form',
    ask({ Range: 'bytes=0-1', 'If-Range': '"b"' }),
    new Response('0123456789', { headers: FIELDS }),
  ],
  [
    'the resource refuses ranges',
    ask({ Range: 'bytes=0-1' }),
    new Response('0123456789', { headers: { ...FIELDS, 'Accept-Ranges': 'none' } }),
  ],
  ['the size is not known', ask({ Range: 'bytes=0-1' }), new Response(watched().body, { headers: { ETag: '"a"' } })],
] as const) {
  test(`an answer stays as it is where ${what}`, () => {
    assert.equal(selective(request, response), response)
  })
}

test('a Request that says it has no such field is not looked into', () => {
  const { method, target, path, search, version, authority, secure, headers, body } = ask({ 'If-None-Match': '"a"' })
  const parts = { method, target, path, search, version, authority, secure, headers, body, selective: false }
  const response = new Response('x', { headers: FIELDS })
  assert.equal(selective(new Request(parts), response), response)
})

for (const method of ['GET', 'HEAD']) {
  test(`304 for ${method} has the fields that RFC 9110 §15.4.5 wants, and none that describe the content`, () => {
    const response = selective(ask({ 'If-None-Match': '"a"' }, method), new Response('0123456789', { headers: FIELDS }))
    assert.equal(response.status, 304)
    assert.equal(response.body, null)
    assert.deepEqual(names(response), ['etag', 'cache-control', 'content-location', 'expires', 'vary', 'set-cookie'])
  })
}

test('304 keeps Last-Modified where there is no ETag', () => {
  const { ETag: _, ...fields } = FIELDS
  const response = selective(ask({ 'If-Modified-Since': MODIFIED }), new Response('x', { headers: fields }))
  assert.equal(response.status, 304)
  assert.equal(response.headers.get('last-modified'), MODIFIED)
})

test('a failed condition is 412, also where a range is asked for', () => {
  const response = new Response('x', { headers: FIELDS })
  assert.equal(thrown(() => selective(ask({ 'If-Match': '"b"' }), response)).status, 412)
  assert.equal(thrown(() => selective(ask({ 'If-Match': '"b"', Range: 'bytes=0-0' }), response)).status, 412)
})

test('304 comes before a range (RFC 9110 §13.2.2)', () => {
  const request = ask({ 'If-None-Match': '"a"', Range: 'bytes=0-1', 'If-Range': '"a"' })
  assert.equal(selective(request, new Response('0123456789', { headers: FIELDS })).status, 304)
})

test('a single range is 206 with Content-Range and the length of the part (RFC 9110 §15.3.7.1)', async () => {
  const response = selective(ask({ Range: 'bytes=2-4' }), new Response('0123456789', { headers: FIELDS }))
  assert.equal(response.status, 206)
  assert.equal(response.headers.get('content-range'), 'bytes 2-4/10')
  assert.equal(response.headers.get('content-length'), null, 'that of the whole is gone')
  assert.equal(response.headers.get('content-type'), 'text/plain')
  assert.equal(response.headers.get('etag'), '"a"')
  assert.equal(await response.text(), '234')
})

test('several ranges are multipart/byteranges without a Content-Range of its own (RFC 9110 §15.3.7.2)', async () => {
  const response = selective(ask({ Range: 'bytes=0-1,-1' }), new Response('0123456789', { headers: FIELDS }))
  assert.equal(response.status, 206)
  assert.match(response.headers.get('content-type') ?? '', /^multipart\/byteranges; boundary=/)
  assert.equal(response.headers.get('content-range'), null)
  assert.equal(response.headers.get('content-length'), null)
  const text = await response.text()
  assert.match(text, /Content-Range: bytes 0-1\/10\r\n\r\n01\r\n/)
  assert.match(text, /Content-Range: bytes 9-9\/10\r\n\r\n9\r\n/)
  assert.match(text, /Content-Type: text\/plain/)
})

test('several ranges that are one when merged are a single one', async () => {
  const response = selective(ask({ Range: 'bytes=0-3,2-5' }), new Response('0123456789', { headers: FIELDS }))
  assert.equal(response.headers.get('content-range'), 'bytes 0-5/10')
  assert.equal(await response.text(), '012345')
})

test('ranges of text are ranges of its UTF-8 form', async () => {
  const response = selective(ask({ Range: 'bytes=1-2' }), new Response('aüb', { headers: FIELDS }))
  assert.equal(response.headers.get('content-range'), 'bytes 1-2/4')
  assert.equal(await response.text(), 'ü')
})

test('ranges are cut from bytes and from Blobs too', async () => {
  for (const body of [new Uint8Array(Buffer.from('0123456789')), new Blob(['0123456789'])]) {
    const response = selective(ask({ Range: 'bytes=-3' }), new Response(body, { headers: { ETag: '"a"' } }))
    assert.equal(await response.text(), '789')
    assert.equal(response.headers.get('content-range'), 'bytes 7-9/10')
  }
})

test('a Last-Modified is enough for ranges, and If-Range may be a date', async () => {
  const response = new Response('0123456789', { headers: { 'Last-Modified': MODIFIED } })
  assert.equal(selective(ask({ Range: 'bytes=0-0', 'If-Range': MODIFIED }), response).status, 206)
})

test('a range outside is 416 with the size (RFC 9110 §15.5.17)', () => {
  const error = thrown(() => selective(ask({ Range: 'bytes=10-' }), new Response('0123456789', { headers: FIELDS })))
  assert.equal(error.status, 416)
  assert.equal(error.headers?.get('content-range'), 'bytes */10')
})

for (const body of ['', new Uint8Array(0), null] satisfies Body[]) {
  test(`an empty content (${body === null ? 'null' : typeof body}) has no first byte, but its end is the whole`, () => {
    const response = new Response(body, { headers: FIELDS })
    assert.equal(
      thrown(() => selective(ask({ Range: 'bytes=0-' }), response)).headers?.get('content-range'),
      'bytes */0',
    )
    assert.equal(selective(ask({ Range: 'bytes=-1' }), response), response)
  })
}

for (const [what, fields] of [
  ['304', { 'If-None-Match': '"a"' }],
  ['412', { 'If-Match': '"b"' }],
] as const) {
  test(`a body that ${what} does not need is let go of`, () => {
    const { body, released } = watched()
    try {
      selective(ask(fields), new Response(body, { headers: FIELDS }))
    } catch {}
    assert.equal(released(), true)
  })
}

test('a sized body is let go of by 416', () => {
  const { body, released } = watched()
  const sized = Object.assign(body, { size: 10, slice: () => assert.fail('not cut') })
  thrown(() => selective(ask({ Range: 'bytes=10-' }), new Response(sized, { headers: FIELDS })))
  assert.equal(released(), true)
})

test('fields that many answers share are left alone', () => {
  const shared = new Headers(FIELDS)
  const before = [...shared.raw()]
  for (const fields of [{ 'If-None-Match': '"a"' }, { Range: 'bytes=0-1' }, { Range: 'bytes=0-1,4-5' }] as Fields[]) {
    assert.notEqual(selective(ask(fields), Response.over(200, shared, '0123456789')).status, 200)
    assert.deepEqual([...shared.raw()], before)
  }
})
