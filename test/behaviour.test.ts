import assert from 'node:assert/strict'
import { utimesSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { HttpError } from '../src/message/errors.ts'
import { Headers } from '../src/message/headers.ts'
import { Declined, Reroute } from '../src/message/outcome.ts'
import type { Request } from '../src/message/request.ts'
import { Response } from '../src/message/response.ts'
import { Site } from '../src/site/site.ts'
import { makeFolder, patterned } from './support/folder.ts'
import { multipartRanges } from './support/multipart-ranges.ts'
import { type Question, type Seen, transports } from './support/transports.ts'

const SOON = { timeout: 60_000 }
const BIG = patterned(300_000)
const root = makeFolder({
  'index.html': '<p>index',
  'ten.txt': '0123456789',
  'folder/a.txt': 'a',
  'big.bin': BIG,
  'empty.txt': '',
})
const time = new Date(Date.UTC(2025, 0, 1))
for (const name of ['ten.txt', 'big.bin']) utimesSync(join(root, name), time, time)
const MODIFIED = time.toUTCString()

async function* pieces(count: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let i = 0; i < count; i++) yield Buffer.from(`piece ${i}\n`)
}

async function form(request: Request): Promise<Response> {
  const parts: string[] = []
  for await (const part of request.formData()) {
    parts.push(`${part.name}=${'value' in part ? part.value : 'a file'}`)
  }
  return new Response(parts.join('&'))
}

const site = new Site({
  limits: { body: 1000 },
  routes: [
    { match: '/', resource: () => new Response('hello') },
    {
      match: '/all',
      resource: {
        GET: () => new Response('got'),
        POST: () => new Response('posted', { status: 201 }),
        DELETE: () => new Response(null, { status: 204 }),
      },
    },
    {
      match: '/echo',
      resource: async (request: Request) =>
        new Response(await request.bytes(), {
          headers: { 'Content-Type': request.headers.get('content-type') ?? 'none' },
        }),
    },
    {
      match: '/large',
      resource: async (request: Request) => new Response(String((await request.bytes()).byteLength)),
      limits: { body: 10_000_000 },
    },
    { match: '/json', resource: async (request: Request) => Response.json(await request.json()) },
    { match: '/form', resource: form },
    { match: '/cookies', resource: (request: Request) => Response.json(request.cookies) },
    {
      match: '/fields',
      resource: (request: Request) =>
        Response.json([request.headers.get('x-a'), request.headers.getAll('x-b').length > 0]),
    },
    {
      match: '/set',
      resource: () =>
        new Response('set', {
          headers: [
            ['Set-Cookie', 'a=1'],
            ['Set-Cookie', 'b=2'],
            ['X-A', '1'],
            ['X-A', '2'],
          ],
        }),
    },
    {
      match: '/query/:id',
      resource: (request: Request) =>
        Response.json([request.path, request.params, request.query.getAll('q'), request.search, request.url]),
    },
    { match: '/stream', resource: () => new Response(pieces(5)) },
    { match: '/streams', resource: () => new Response(pieces(20_000)) },
    { match: '/trailers', resource: () => new Response(pieces(1), { trailers: () => new Headers({ 'X-Sum': '7' }) }) },
    { match: '/empty', resource: () => new Response(null) },
    { match: '/bytes', resource: () => new Response(BIG) },
    { match: '/text', resource: () => new Response('ü€😀'.repeat(50)) },
    { match: '/304', resource: () => new Response('never', { status: 304 }) },
    { match: '/205', resource: () => new Response('never', { status: 205 }) },
    { match: '/teapot', resource: () => new Response('short and stout', { status: 418 }) },
    {
      match: '/validators',
      resource: () => new Response('0123456789', { headers: { ETag: '"v"', 'Content-Type': 'text/plain' } }),
    },
    {
      match: '/throws',
      resource: () => {
        throw new Error('secret')
      },
    },
    {
      match: '/rejects',
      resource: async () => {
        throw new HttpError(409, { detail: 'No.', headers: { 'X-Why': 'because' } })
      },
    },
    {
      match: '/fails',
      resource: () =>
        new Response({
          [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new HttpError(503)) }),
        }),
    },
    { match: '/odd', resource: () => 7 as unknown as Response },
    { match: '/upgrade', resource: () => new Response(null, { status: 101, upgrade: () => {} }) },
    { match: '/declined', resource: () => Declined },
    { match: '/rerouted', resource: () => new Reroute('/query/9?q=1') },
    { match: '/old/*', redirect: { to: '/new/*', status: 301 } },
    { match: '/temporary', redirect: '/' },
    { match: '/fixed', respond: { status: 203, headers: { 'X-Fixed': 'yes' }, body: 'fixed' } },
    { match: { path: '/get-only', method: 'GET' }, resource: () => new Response('got') },
    {
      match: '/closed',
      resource: () => new Response('never'),
      access: { scheme: { identify: () => undefined, challenge: () => 'Test realm="a"' } },
    },
    {
      match: '/open',
      resource: (_: Request, { user }: { user?: { name: string } | undefined }) => new Response(user?.name),
      access: {
        scheme: {
          identify: (request: Request) => ({ name: request.headers.get('x-user') ?? 'nobody', groups: [] }),
          challenge: () => 'Test',
        },
      },
    },
    { match: '/files/*', files: { root, listing: true } },
  ],
})

interface Expected {
  /** Whether it is only seen where an answer is written: in process, its body is the caller's to read. */
  readonly written?: boolean
  readonly status?: number
  /** The fields that must be there, or must not be where it is undefined. */
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: string | Buffer | RegExp
  readonly trailers?: Readonly<Record<string, string>>
}

const JSON_TYPE = { 'content-type': 'application/json' }
const ETAG = { 'If-None-Match': '"v"' }
const PART = 'multipart/form-data; boundary=b'
const MULTIPART = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n'

const CASES: Readonly<Record<string, readonly [Question, Expected]>> = {
  'a small answer': [{ path: '/' }, { body: 'hello', headers: { 'content-type': 'text/plain;charset=UTF-8' } }],
  'HEAD tells what GET would': [
    { method: 'HEAD', path: '/' },
    { body: '', headers: { 'content-length': '5' } },
  ],
  'HEAD of a stream': [
    { method: 'HEAD', path: '/stream' },
    { body: '', headers: { 'content-length': undefined } },
  ],
  'HEAD of an error': [
    { method: 'HEAD', path: '/none' },
    { status: 404, body: '' },
  ],
  POST: [
    { method: 'POST', path: '/all', body: '' },
    { status: 201, body: 'posted' },
  ],
  DELETE: [
    { method: 'DELETE', path: '/all' },
    { status: 204, body: '', headers: { 'content-length': undefined } },
  ],
  'a method that is not there': [
    { method: 'PUT', path: '/all', body: 'x' },
    { status: 405, headers: { allow: 'GET, POST, DELETE, HEAD, OPTIONS' } },
  ],
  'a method of the route that is not there': [{ method: 'POST', path: '/get-only', body: 'x' }, { status: 405 }],
  'a method that must not be called': [{ method: 'constructor', path: '/all' }, { status: 405 }],
  OPTIONS: [
    { method: 'OPTIONS', path: '/all' },
    { status: 204, headers: { allow: 'GET, POST, DELETE, HEAD, OPTIONS' } },
  ],
  'OPTIONS *': [
    { method: 'OPTIONS', path: '*' },
    { status: 204, headers: { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS' } },
  ],
  'no such path': [{ path: '/none' }, { status: 404 }],
  'an error as JSON': [
    { path: '/none', headers: { accept: 'application/json' } },
    { status: 404, headers: { 'content-type': 'application/problem+json' }, body: /"status":\s*404/ },
  ],
  'a thrown error': [{ path: '/throws' }, { status: 500, body: /^(?!.*secret)/s }],
  'a thrown HttpError': [{ path: '/rejects' }, { status: 409, headers: { 'x-why': 'because' }, body: /No\./ }],
  'an answer that is none': [{ path: '/odd' }, { status: 500 }],
  'a resource that declines': [{ path: '/declined' }, { status: 404 }],
  'a resource that reroutes': [{ path: '/rerouted' }, { body: /^\["\/query\/9"/ }],
  'a body as it is': [
    { method: 'POST', path: '/echo', body: 'héllo', headers: { 'content-type': 'text/x' } },
    { body: 'héllo', headers: { 'content-type': 'text/x' } },
  ],
  'an empty body': [{ method: 'POST', path: '/echo', body: '' }, { body: '' }],
  'a large body': [{ method: 'POST', path: '/large', body: Buffer.alloc(3_000_000) }, { body: '3000000' }],
  'a body over the limit': [{ method: 'POST', path: '/echo', body: 'x'.repeat(1001) }, { status: 413 }],
  'a body at the limit': [{ method: 'POST', path: '/echo', body: 'x'.repeat(1000) }, { status: 200 }],
  JSON: [
    { method: 'POST', path: '/json', body: '{"a":[1]}' },
    { body: '{"a":[1]}', headers: JSON_TYPE },
  ],
  'JSON that is none': [{ method: 'POST', path: '/json', body: '{' }, { status: 400 }],
  'a form': [
    {
      method: 'POST',
      path: '/form',
      body: 'a=1&b=%C3%BC',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    },
    { body: 'a=1&b=ü' },
  ],
  'a form of parts': [
    { method: 'POST', path: '/form', body: MULTIPART, headers: { 'content-type': PART } },
    { body: 'a=1' },
  ],
  'a form that is none': [
    { method: 'POST', path: '/form', body: 'a', headers: { 'content-type': 'text/x' } },
    { status: 415 },
  ],
  cookies: [{ path: '/cookies', headers: { cookie: 'a=1; b=%20x' } }, { body: '{"a":"1","b":" x"}' }],
  'repeated fields': [{ path: '/fields', headers: { 'x-a': '1', 'x-b': ['2', '3'] } }, { body: '["1",true]' }],
  'repeated fields of an answer': [{ path: '/set' }, { headers: { 'set-cookie': 'a=1,b=2', 'x-a': '1, 2' } }],
  'path, parameters and query': [
    { path: '/query/%41%2Fb?q=1&q=%20' },
    { body: '["/query/A%2Fb",{"id":"A/b"},["1"," "],"?q=1&q=%20","http://a/query/A%2Fb?q=1&q=%20"]' },
  ],
  'dot segments and empty ones': [{ path: '/x/..//query/./7' }, { body: /^\["\/query\/7"/ }],
  'a path with NUL': [{ path: '/%00' }, { status: 400 }],
  'a stream': [{ path: '/stream' }, { body: 'piece 0\npiece 1\npiece 2\npiece 3\npiece 4\n' }],
  'a long stream': [{ path: '/streams' }, { body: /^piece 0\n.*piece 19999\n$/s }],
  'a stream that fails at once': [{ path: '/fails' }, { status: 503, written: true }],
  'trailers that are wanted': [
    { path: '/trailers', headers: { te: 'trailers' } },
    { body: 'piece 0\n', trailers: { 'x-sum': '7' } },
  ],
  'trailers that are not': [{ path: '/trailers' }, { body: 'piece 0\n', trailers: {} }],
  'no content': [{ path: '/empty' }, { body: '' }],
  'large content': [{ path: '/bytes' }, { body: BIG }],
  'text that is not ASCII': [{ path: '/text' }, { body: 'ü€😀'.repeat(50) }],
  '304': [{ path: '/304' }, { status: 304, body: '', headers: { 'content-length': undefined } }],
  '205': [{ path: '/205' }, { status: 205, body: '' }],
  'a status of its own': [{ path: '/teapot' }, { status: 418, body: 'short and stout' }],
  'a take-over that nobody asked for': [{ path: '/upgrade' }, { status: 500, written: true }],
  'a redirect': [{ path: '/old/a%20b?c' }, { status: 301, headers: { location: '/new/a%20b?c' } }],
  'a temporary redirect': [{ path: '/temporary' }, { status: 302, headers: { location: '/' } }],
  'a fixed answer': [{ path: '/fixed' }, { status: 203, headers: { 'x-fixed': 'yes' }, body: 'fixed' }],
  'a guard that nobody passes': [
    { path: '/closed' },
    { status: 401, headers: { 'www-authenticate': 'Test realm="a"' } },
  ],
  'a guard that names': [{ path: '/open', headers: { 'x-user': 'ann' } }, { body: 'ann' }],
  'If-None-Match': [
    { path: '/validators', headers: ETAG },
    { status: 304, body: '', headers: { etag: '"v"', 'content-type': undefined } },
  ],
  'If-None-Match of another': [{ path: '/validators', headers: { 'If-None-Match': '"w"' } }, { body: '0123456789' }],
  'If-Match': [{ path: '/validators', headers: { 'If-Match': '"w"' } }, { status: 412 }],
  'a range': [
    { path: '/validators', headers: { range: 'bytes=2-4' } },
    { status: 206, body: '234', headers: { 'content-range': 'bytes 2-4/10' } },
  ],
  'a range by condition': [
    { path: '/validators', headers: { range: 'bytes=2-4', 'if-range': '"w"' } },
    { status: 200, body: '0123456789' },
  ],
  'a range that is not there': [
    { path: '/validators', headers: { range: 'bytes=10-' } },
    { status: 416, headers: { 'content-range': 'bytes */10' } },
  ],
  'HEAD with a range': [
    { method: 'HEAD', path: '/validators', headers: { range: 'bytes=2-4' } },
    { status: 200, body: '' },
  ],
  'a file': [
    { path: '/files/ten.txt' },
    { body: '0123456789', headers: { 'last-modified': MODIFIED, 'accept-ranges': 'bytes' } },
  ],
  'HEAD of a file': [
    { method: 'HEAD', path: '/files/ten.txt' },
    { body: '', headers: { 'content-length': '10' } },
  ],
  'a file that is empty': [{ path: '/files/empty.txt' }, { body: '' }],
  'a large file': [{ path: '/files/big.bin' }, { body: BIG }],
  'a range of a file': [
    { path: '/files/big.bin', headers: { range: 'bytes=-100000' } },
    { status: 206, body: BIG.subarray(-100_000) },
  ],
  'a file not modified': [
    { path: '/files/ten.txt', headers: { 'if-modified-since': MODIFIED } },
    { status: 304, body: '' },
  ],
  'a folder without its slash': [{ path: '/files/folder' }, { status: 308, headers: { location: '/files/folder/' } }],
  'a listing': [{ path: '/files/folder/', headers: { accept: 'application/json' } }, { body: /a\.txt/ }],
  'POST to a file': [{ method: 'POST', path: '/files/ten.txt', body: 'x' }, { status: 405 }],
}

async function each(
  t: TestContext,
  question: Question,
  written: boolean,
  check: (seen: Seen, name: string) => void,
): Promise<void> {
  const ways = await transports(t, site)
  for (const { name, ask } of written ? ways.slice(0, 3) : ways) check(await ask(question), name)
}

for (const [what, [question, { status = 200, headers = {}, body, trailers, written = false }]] of Object.entries(
  CASES,
)) {
  test(`${what} is the same over HTTP/1.1, HTTP/2 and FastCGI, and in process`, SOON, async (t) => {
    await each(t, question, written, (seen, name) => {
      assert.equal(seen.status, status, name)
      for (const [field, value] of Object.entries(headers))
        assert.equal(seen.headers[field], value, `${name}: ${field}`)
      if (body instanceof RegExp) assert.match(seen.body.toString(), body, name)
      else if (body !== undefined)
        assert.ok(seen.body.equals(Buffer.from(body)), `${name}: ${seen.body.subarray(0, 200)}`)
      // CGI knows no trailers.
      if (trailers !== undefined && name !== 'FastCGI') assert.deepEqual(seen.trailers, trailers, name)
      if (seen.headers['content-length'] !== undefined && question.method !== 'HEAD') {
        assert.equal(Number(seen.headers['content-length']), seen.body.byteLength, name)
      }
    })
  })
}

test('several ranges are the same over HTTP/1.1, HTTP/2 and FastCGI, and in process', SOON, async (t) => {
  for (const path of ['/validators', '/files/ten.txt']) {
    await each(t, { path, headers: { range: 'bytes=0-1,-2' } }, false, ({ status, headers, body }, name) => {
      assert.equal(status, 206, name)
      const parts = multipartRanges(headers['content-type'] ?? '', body)
      assert.deepEqual(
        parts.map((part) => [Buffer.from(part.content).toString(), part.headers['content-range']]),
        [
          ['01', 'bytes 0-1/10'],
          ['89', 'bytes 8-9/10'],
        ],
      )
    })
  }
})

test('the fields of an answer are the same over HTTP/1.1, HTTP/2 and FastCGI', SOON, async (t) => {
  const [one, two, fastCgi] = await transports(t, site)
  for (const [what, [question]] of Object.entries(CASES)) {
    const fields = async (transport: typeof one): Promise<object> => (await transport?.ask(question))?.headers ?? {}
    assert.deepEqual(await fields(two), await fields(one), what)
    assert.deepEqual(await fields(fastCgi), await fields(one), what)
  }
})
