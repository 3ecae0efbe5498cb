import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RESPONSE } from './brands.ts'
import { Connection, type SocketFacts } from './connection.ts'
import { HttpError } from './errors.ts'
import { Exchange } from './exchange.ts'
import { fetchAppHandler, fromFetchResponse, isFetchResponse, toFetchRequest, toResponse } from './fetch.ts'
import type { FetchResponse } from './interface.ts'
import { Request } from './request.ts'
import { Response } from './response.ts'

const connection = new Connection({} as SocketFacts, new Exchange(), 'HTTP/1.1')

test('a Fetch application is given a real Request with method, URL, fields and body', async () => {
  const request = new Request('https://example.org/a?x=1', {
    method: 'POST',
    body: 'content',
    headers: [
      ['X-A', '1'],
      ['x-a', '2'],
    ],
  })
  const given = toFetchRequest(request)
  assert.ok(given instanceof globalThis.Request)
  assert.deepEqual([given.method, given.url, given.headers.get('x-a')], ['POST', 'https://example.org/a?x=1', '1, 2'])
  assert.equal(await given.text(), 'content')
  assert.equal(request.bodyUsed, true)
})

test('GET and HEAD have no body in Fetch', () => {
  for (const method of ['GET', 'HEAD']) {
    assert.equal(toFetchRequest(new Request('http://h/', { method, body: 'x' })).body, null)
  }
})

test('the signal of the request reaches the application', () => {
  const request = new Request('http://h/')
  const { signal } = toFetchRequest(request)
  assert.equal(signal.aborted, false)
  const reason = new Error('gone')
  request.abort(reason)
  assert.deepEqual([signal.aborted, signal.reason], [true, reason])
})

test('a body that the application gives up is let go of', async () => {
  let released = false
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield new Uint8Array(1)
    } finally {
      released = true
    }
  }
  const reader = toFetchRequest(new Request('http://h/', { method: 'POST', body: source() })).body?.getReader()
  await reader?.read()
  await reader?.cancel()
  assert.equal(released, true)
})

for (const method of ['TRACE', 'CONNECT', 'TRACK', 'trace', 'get', 'Post', 'options']) {
  test(`${method}, which Fetch cannot say, is 501 and no fault of the application (RFC 9110 §15.6.2)`, () => {
    const request = new Request('http://h/').with({ method })
    assert.throws(
      () => toFetchRequest(request),
      (error) => error instanceof HttpError && error.status === 501,
    )
  })
}

for (const method of ['PATCH', 'PROPFIND', 'patch', 'GETX']) {
  test(`${method} reaches the application as it is`, () => {
    assert.equal(toFetchRequest(new Request('http://h/').with({ method })).method, method)
  })
}

test('an authority that is no URL is 400 and no fault of the application', () => {
  const { target, path, search, version, secure, headers, body } = new Request('http://h/')
  const parts = { method: 'GET', target, path, search, version, secure, headers, body }
  for (const authority of ['h:99999', '1.2.3.999', '[::', 'a%']) {
    assert.throws(
      () => toFetchRequest(new Request({ ...parts, authority })),
      (error) => error instanceof HttpError && error.status === 400,
      authority,
    )
  }
})

test('the answer of an application is its own, waited for or not', async () => {
  const answer = new globalThis.Response('x')
  const request = new Request('http://h/')
  assert.equal(fetchAppHandler({ fetch: () => answer })(request, connection), answer)
  assert.equal(await fetchAppHandler({ fetch: async () => answer })(request, connection), answer)
})

test('an application keeps its this', async () => {
  class App {
    readonly #text = 'app'
    fetch(): FetchResponse {
      return new globalThis.Response(this.#text)
    }
  }
  const answer = (await fetchAppHandler(new App())(new Request('http://h/'), connection)) as FetchResponse
  assert.equal(await answer.text(), 'app')
})

test("the platform's Response becomes ours: status, phrase, fields, each Set-Cookie, body", async () => {
  const from = new globalThis.Response('content', {
    status: 201,
    statusText: 'Made',
    headers: [
      ['Set-Cookie', 'a=1; Expires=Sun, 06 Nov 1994 08:49:37 GMT'],
      ['Set-Cookie', 'b=2'],
      ['X-A', '1'],
      ['X-A', '2'],
    ],
  })
  const made = fromFetchResponse(from)
  assert.deepEqual([made.status, made.statusText, made.headers.get('x-a')], [201, 'Made', '1, 2'])
  assert.deepEqual(made.headers.getSetCookie(), ['a=1; Expires=Sun, 06 Nov 1994 08:49:37 GMT', 'b=2'])
  assert.equal(made.headers.get('content-type'), 'text/plain;charset=UTF-8')
  assert.equal(await made.text(), 'content')
})

test("the platform's Response without a body has none, and Response.error() is no answer", () => {
  assert.equal(fromFetchResponse(new globalThis.Response(null, { status: 204 })).body, null)
  assert.throws(() => fromFetchResponse(globalThis.Response.error()), RangeError)
})

test('what is an answer is told by its shape and its brand, not by its class', () => {
  const ours = new Response('x')
  const branded = { [RESPONSE]: true }
  const like = { status: 200, headers: new Headers(), body: null }
  assert.equal(toResponse(ours), ours)
  assert.equal(toResponse(branded), branded)
  assert.equal(isFetchResponse(new globalThis.Response()), true)
  assert.equal(isFetchResponse(like), true)
  for (const value of [
    ours,
    undefined,
    null,
    'x',
    5,
    {},
    { status: 200 },
    { ...like, status: '200' },
    { ...like, headers: {} },
  ]) {
    assert.equal(isFetchResponse(value), false, JSON.stringify(value))
  }
  for (const value of [undefined, null, 'x', 5, {}, { status: 200 }]) assert.equal(toResponse(value), undefined)
})
