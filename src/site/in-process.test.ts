import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ExchangeRecord } from '../message/exchange.ts'
import { Headers } from '../message/headers.ts'
import type { Handler } from '../message/interface.ts'
import type { Request } from '../message/request.ts'
import { Response } from '../message/response.ts'
import type { Route } from './route.ts'
import { Site } from './site.ts'

function siteOf(resource: Handler | Route['resource'], log: ExchangeRecord[] = []): Site {
  return new Site({ routes: [{ match: '/*', resource }], log: [{ logRequest: (record) => void log.push(record) }] })
}

const echo: Handler = async (request, connection) =>
  Response.json({
    line: `${request.method} ${request.target} ${request.version}`,
    url: request.url,
    path: request.path,
    secure: [request.secure, connection.secure],
    client: connection.clientAddress,
    headers: [...request.headers],
    body: await request.text(),
  })

for (const [target, expected] of [
  ['/a?b=c', { path: '/a', url: 'http://localhost/a?b=c', secure: [false, false] }],
  ['/a/../b', { path: '/b', url: 'http://localhost/b', secure: [false, false] }],
  ['https://example.org:81/a', { path: '/a', url: 'https://example.org:81/a', secure: [true, true] }],
  [new URL('http://example.org'), { path: '/', url: 'http://example.org/', secure: [false, false] }],
] as const) {
  test(`${target} is asked as from the wire`, async () => {
    const told = (await (await siteOf(echo).request(target)).json()) as Record<string, unknown>
    const { path, url, secure } = told
    assert.deepEqual({ path, url, secure }, expected)
    assert.equal(told['client'], '127.0.0.1')
  })
}

test('the host of a request is that of its target, else that of its Host field, else localhost', async () => {
  const site = new Site({
    routes: [
      { match: { host: 'a.example' }, respond: 'a' },
      { match: { host: 'b.example' }, respond: 'b' },
      { match: { host: 'localhost' }, respond: 'local' },
    ],
  })
  const ask = async (target: string, headers = {}): Promise<string> => (await site.request(target, { headers })).text()
  assert.equal(await ask('http://a.example/'), 'a')
  assert.equal(await ask('/', { Host: 'b.example:8080' }), 'b')
  assert.equal(await ask('/'), 'local')
  assert.equal(await ask('http://a.example/', { Host: 'b.example' }), 'a', 'as RFC 9112 §3.2.2 says')
})

test('method, fields and body arrive, with the fields that tell of the body', async () => {
  const init = { method: 'POST', headers: { 'X-A': '1' }, body: new URLSearchParams({ a: '1' }) }
  const told = (await (await siteOf(echo).request('/', init)).json()) as {
    headers: unknown
    body: unknown
    line: unknown
  }
  assert.deepEqual([told.line, told.body], ['POST / 1.1', 'a=1'])
  assert.deepEqual(told.headers, [
    ['x-a', '1'],
    ['content-type', 'application/x-www-form-urlencoded;charset=UTF-8'],
    ['content-length', '3'],
    ['host', 'localhost'],
  ])
})

test('a form can be sent', async () => {
  const site = siteOf(async (request: Request) => Response.json([...(await request.formData())]))
  const answer = await site.request('/', { method: 'POST', body: new URLSearchParams({ a: 'ü', b: '' }) })
  assert.deepEqual(await answer.json(), [
    ['a', 'ü'],
    ['b', ''],
  ])
})

for (const target of ['', 'a', '/%', '/%00', '/a#b', 'ftp://h/', '*']) {
  test(`${JSON.stringify(target)} is malformed: 400, and no resource hears of it`, async () => {
    const answer = await siteOf(() => assert.fail('reached')).request(target)
    assert.equal(answer.status, 400)
  })
}

test('HEAD has the fields of GET with the length, and no content; the body of GET is let go of', async () => {
  let released = false
  const stream = {
    size: 5,
    slice: () => assert.fail(),
    [Symbol.asyncIterator]: () => ({
      next: () => assert.fail('read'),
      return: () => {
        released = true
        return Promise.resolve({ done: true as const, value: undefined })
      },
    }),
  }
  const answer = await siteOf({ GET: () => new Response(stream, { headers: { 'X-A': '1' } }) }).request('/', {
    method: 'HEAD',
  })
  assert.deepEqual([answer.status, answer.body, answer.headers.get('content-length')], [200, null, '5'])
  assert.equal(answer.headers.get('x-a'), '1')
  assert.equal(released, true)
})

test('HEAD that a resource answers itself, without content, keeps the length that it says (RFC 9110 §8.6)', async () => {
  const own = new Response(null, { headers: { 'Content-Length': '5' } })
  const answer = await siteOf(() => own).request('/', { method: 'HEAD' })
  assert.equal(answer.headers.get('content-length'), '5')
  const none = await siteOf(() => new Response(null)).request('/', { method: 'HEAD' })
  assert.equal(none.headers.get('content-length'), '0')
})

for (const status of [204, 205, 304]) {
  test(`${status} has no content, whatever the resource says (RFC 9110 §6.4.1)`, async () => {
    const answer = await siteOf(() => new Response('x', { status })).request('/')
    assert.deepEqual([answer.status, answer.body, answer.headers.get('content-length')], [status, null, null])
  })
}

test('the body of the answer is the own one of the resource, to be read or cancelled', async () => {
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('a')
  }
  const own = body()
  assert.equal((await siteOf(() => new Response(own)).request('/')).body, own)
})

test('the signal of the request follows that of the program', async () => {
  const controller = new AbortController()
  const answer = siteOf(
    (request: Request) =>
      new Promise((resolve) => {
        request.signal.addEventListener('abort', () => resolve(new Response(String(request.signal.reason))))
        controller.abort('enough')
      }),
  ).request('/', { signal: controller.signal })
  assert.equal(await (await answer).text(), 'enough')
})

test('loggers are told, with what is known of the size', async () => {
  const log: ExchangeRecord[] = []
  const site = siteOf(() => new Response('ü', { headers: new Headers({ 'X-A': '1' }) }), log)
  await site.request('/a', { headers: { 'User-Agent': 'test' } })
  const [record] = log
  assert.deepEqual(
    [record?.uri, record?.status, record?.contentLength, record?.agent, record?.remoteIp, record?.route],
    ['/a', 200, 2, 'test', '127.0.0.1', '/*'],
  )
  assert.equal(log.length, 1)
})
