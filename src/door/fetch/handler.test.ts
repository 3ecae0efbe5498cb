import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection } from '../../message/connection.ts'
import { HttpError } from '../../message/errors.ts'
import { Declined } from '../../message/outcome.ts'
import type { Request } from '../../message/request.ts'
import { Response } from '../../message/response.ts'
import { Site } from '../../site/site.ts'
import { webServerUser } from '../called/call.ts'
import { type FetchHandlerOptions, fetchHandler } from './handler.ts'

const SOON = { timeout: 20_000 }
type Resource = (request: Request, connection: { readonly user?: { readonly name: string } | undefined }) => unknown

function ask(
  resource: Resource,
  url = 'http://a/x',
  init: RequestInit & { duplex?: 'half' } = {},
  options: FetchHandlerOptions = {},
): Promise<globalThis.Response> {
  return fetchHandler(resource, options)(new globalThis.Request(url, init), undefined)
}

test('an answer that is there at once has its size and no stream of its own', SOON, async () => {
  const answer = await ask(() => new Response('hello', { headers: { 'X-A': '1' } }))
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-length'), '5')
  assert.equal(answer.headers.get('x-a'), '1')
  assert.equal(await answer.text(), 'hello')
})

test('each Set-Cookie stays a field of its own', SOON, async () => {
  const headers: [string, string][] = [
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', 'b=2'],
  ]
  const answer = await ask(() => new Response('', { headers }))
  assert.deepEqual(answer.headers.getSetCookie(), ['a=1', 'b=2'])
})

test('a source is pulled as its reader reads, and told when he leaves', SOON, async () => {
  let pulled = 0
  let returned = false
  let aborted = false
  async function* endless(request: Request): AsyncGenerator<Uint8Array> {
    request.signal.addEventListener('abort', () => {
      aborted = true
    })
    try {
      for (;;) {
        pulled++
        yield new Uint8Array(40_000)
      }
    } finally {
      returned = true
    }
  }
  const answer = await ask((request) => new Response(endless(request)))
  const reader = answer.body?.getReader()
  assert.ok(reader !== undefined)
  assert.equal((await reader.read()).value?.byteLength, 40_000)
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
  assert.ok(pulled <= 5, `${pulled} pieces were made for a reader of one`)
  await reader.cancel()
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual([returned, aborted], [true, true])
})

test('a piece may be filled again once it was given on', SOON, async () => {
  async function* again(): AsyncGenerator<Uint8Array> {
    const room = new Uint8Array(3)
    for (const c of [97, 98, 99]) {
      room.fill(c)
      yield room
    }
  }
  assert.equal(await (await ask(() => new Response(again()))).text(), 'aaabbbccc')
})

test('an answer that breaks off fails its reader', SOON, async () => {
  async function* breaking(): AsyncGenerator<string> {
    yield 'begun'
    throw new Error('no more')
  }
  const answer = await ask(() => new Response(breaking() as unknown as AsyncGenerator<Uint8Array>))
  await assert.rejects(answer.text(), /broke off/)
})

test(
  'a client that goes aborts the signal of the request, and the promise is fulfilled all the same',
  SOON,
  async () => {
    const client = new AbortController()
    let reason: unknown
    const answered = ask(
      (request) =>
        new Promise((_, reject) => {
          request.signal.addEventListener('abort', () => {
            reason = request.signal.reason
            reject(reason)
          })
          client.abort()
        }),
      'http://a/',
      { signal: client.signal },
    )
    assert.equal((await answered).status, 500)
    assert.equal((reason as Error).name, 'AbortError')
  },
)

test('a content that breaks off aborts the signal too', SOON, async () => {
  let aborted = false
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array(3))
    },
    pull(controller) {
      controller.error(new Error('the connection broke'))
    },
  })
  await ask(
    async (request) => {
      request.signal.addEventListener('abort', () => {
        aborted = true
      })
      return new Response(await request.bytes())
    },
    'http://a/',
    { method: 'POST', body, duplex: 'half' },
  )
  assert.ok(aborted)
})

test('a content that was read before is a mistake of the host', SOON, async () => {
  const request = new globalThis.Request('http://a/', { method: 'POST', body: 'x' })
  await request.text()
  await assert.rejects(fetchHandler(() => new Response('x'))(request, undefined), /was read before/)
})

test('the host is the field, the URL where there is none, and the URL where they differ', SOON, async () => {
  const url: Resource = (request) => new Response(`${request.url} ${request.headers.get('host')}`)
  assert.equal(await (await ask(url, 'http://a:81/x?q')).text(), 'http://a:81/x?q a:81')
  assert.equal(await (await ask(url, 'http://b/x', { headers: { host: 'B' } })).text(), 'http://B/x B')
  assert.equal(await (await ask(url, 'http://b/x', { headers: { host: 'c' } })).text(), 'http://b/x b')
})

test('what two hosts or a field with NUL would be is refused', SOON, async () => {
  const headers = { host: 'a, b' }
  assert.equal((await ask(() => new Response('x'), 'http://a/', { headers })).status, 400)
  // A runtime that lets through what the platform’s own Headers refuse.
  const lax = {
    method: 'GET',
    url: 'http://a/',
    bodyUsed: false,
    body: null,
    signal: new AbortController().signal,
    headers: { get: () => null, forEach: (call: (value: string, name: string) => void) => call('b\0c', 'x-a') },
  }
  const answer = await fetchHandler(() => new Response('x'))(lax as unknown as globalThis.Request, undefined)
  assert.equal(answer.status, 400)
})

test('only whom the host names is let in by webServerUser', SOON, async () => {
  const site = new Site({
    routes: [
      {
        match: '/*',
        resource: (_: Request, { user }: Connection) => new Response(user?.name ?? ''),
        access: { scheme: webServerUser },
      },
    ],
  })
  const request = (): globalThis.Request => new globalThis.Request('http://a/', { headers: { 'remote-user': 'eve' } })
  assert.equal((await fetchHandler(site)(request(), undefined)).status, 401)
  const named = fetchHandler<string>(site, { user: (_, name) => ({ name, groups: [] }) })
  assert.equal(await (await named(request(), 'ann')).text(), 'ann')
})

test('what the site declines goes to the host, with its content', SOON, async () => {
  const declined = async (request: globalThis.Request): Promise<globalThis.Response> =>
    new globalThis.Response(`the host got ${await request.text()}`)
  const site = new Site({
    routes: [
      { match: '/declines', resource: () => Declined },
      { match: '/throws', resource: () => Promise.reject(new HttpError(404)) },
    ],
  })
  const handler = fetchHandler(site, { declined })
  const init = { method: 'POST', body: 'it' }
  const asked = async (path: string): Promise<string> =>
    (await handler(new globalThis.Request(`http://a${path}`, init), undefined)).text()
  assert.equal(await asked('/declines'), 'the host got it')
  assert.equal(await asked('/nowhere'), 'the host got it')
  assert.match(await asked('/throws'), /404/)
  assert.equal((await fetchHandler(site)(new globalThis.Request('http://a/nowhere'), undefined)).status, 404)
})

test('the address of the client is what Deno and Bun tell, never a field', SOON, async () => {
  const address = fetchHandler((_: Request, { remote }: { remote: { address: string; port: number | undefined } }) =>
    Response.json(remote),
  )
  const seen = async (info: unknown): Promise<unknown> =>
    (await address(new globalThis.Request('http://a/', { headers: { 'cf-connecting-ip': '9.9.9.9' } }), info)).json()
  assert.deepEqual(await seen({ remoteAddr: { hostname: '192.0.2.1', port: 5 } }), { address: '192.0.2.1', port: 5 })
  assert.deepEqual(await seen({ requestIP: () => ({ address: '::1', port: 6 }) }), { address: '::1', port: 6 })
  assert.deepEqual(await seen({ requestIP: () => null }), { address: '' })
  assert.deepEqual(await seen(undefined), { address: '' })
})

test('a status that no platform has is answered 500', SOON, async () => {
  const answer = await ask(() => new Response('odd', { status: 799 }))
  assert.equal(answer.status, 500)
})
