import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { HttpError } from '../src/message/errors.ts'
import { Headers } from '../src/message/headers.ts'
import type { Request } from '../src/message/request.ts'
import { Response } from '../src/message/response.ts'
import { type EngineSetup, type EngineUnderTest, startEngine } from './support/engine.ts'
import { data, END_STREAM, FrameClient, fields, frame, headers, PADDED, settings, u32 } from './support/frame-client.ts'
import { gate } from './support/gate.ts'
import { settled } from './support/memory-socket.ts'

const SOON = { timeout: 20_000 }

interface Opened extends EngineUnderTest {
  readonly client: FrameClient
}

async function opened(t: TestContext, setup: EngineSetup, first?: Uint8Array): Promise<Opened> {
  const under = await startEngine(t, { ...setup, listen: { port: 0, http2: true } })
  const client = await FrameClient.open(under.port, first)
  t.after(() => client.destroy())
  return Object.assign(under, { client })
}

/** A body of so many bytes in pieces; tells how many were pulled, and whether it was let go. */
function source(size: number, piece: number): { body: AsyncIterable<Uint8Array>; pulled: number; released: boolean } {
  const made = {
    pulled: 0,
    released: false,
    body: {
      async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
        try {
          for (; made.pulled < size; made.pulled += piece) yield Buffer.alloc(Math.min(piece, size - made.pulled), 'x')
        } finally {
          made.released = true
        }
      },
    },
  }
  return made
}

test('a request is what it would be over HTTP/1, and its record as well', SOON, async (t) => {
  const seen: unknown[] = []
  const under = await opened(t, {
    handler: (request, connection) => {
      const { method, path, search, target, version, authority, url, cookies } = request
      seen.push({
        method,
        path,
        search,
        target,
        version,
        authority,
        url,
        cookies: [cookies['a'], cookies['b']],
        protocol: connection.protocol,
      })
      seen.push([...request.headers.raw()])
      return new Response('hello')
    },
  })
  const { client } = under
  client.send(headers(1, fields('/%61/../b?c', 'GET', 'cookie', 'a=1', 'x-y', 'z', 'cookie', 'b=2', 'x-y', 'w')))
  assert.equal((await client.answer(1)).body, 'hello')
  assert.deepEqual(seen, [
    {
      method: 'GET',
      path: '/b',
      search: '?c',
      target: '/%61/../b?c',
      version: '2.0',
      authority: 'a',
      url: 'http://a/b?c',
      cookies: ['1', '2'],
      protocol: 'HTTP/2',
    },
    [
      ['host', 'a'],
      ['cookie', 'a=1; b=2'],
      ['x-y', 'z'],
      ['x-y', 'w'],
    ],
  ])
  const [record] = await under.logged(1)
  assert.deepEqual(
    [
      record?.uri,
      record?.protocol,
      record?.host,
      record?.status,
      record?.contentLength,
      record?.bytesIn,
      record?.aborted,
    ],
    ['/%61/../b?c', 'HTTP/2', 'a', 200, 5, 0, false],
  )
  const bytes = client.frames
    .filter(({ stream }) => stream === 1)
    .reduce((sum, { payload }) => sum + 9 + payload.length, 0)
  assert.equal(record?.bytesOut, bytes)
})

test('a trusted proxy is believed about each request of its connection', SOON, async (t) => {
  const { client } = await opened(t, {
    handler: (_, { clientAddress, secure }) => new Response(`${clientAddress} ${secure}`),
    trustedProxies: ['loopback'],
  })
  const proto = ['x-forwarded-proto', 'https']
  client.send(headers(1, fields('/', 'GET', 'x-forwarded-for', '192.0.2.1', ...proto)))
  client.send(headers(3, fields('/', 'GET', 'x-forwarded-for', '192.0.2.2')), headers(5, fields()))
  const told = [(await client.answer(1)).body, (await client.answer(3)).body, (await client.answer(5)).body]
  assert.deepEqual(told, ['192.0.2.1 true', '192.0.2.2 false', '127.0.0.1 false'])
})

test('what is asked after the last stream that is answered is passed over, and not without end', SOON, async (t) => {
  const { client } = await opened(t, {
    handler: ({ path }) =>
      path === '/' ? gate<Response>().passed : new Response('x', { headers: { Connection: 'close' } }),
    limits: { controlFrames: 1 },
  })
  client.send(headers(1, fields('/')), headers(3, fields('/last')))
  await client.until(() => client.goaways.length === 2)
  client.send(headers(5, fields('/x'), false), data(5, 'x', true))
  for (let i = 0; i < 50; i++) client.send(headers(7 + 2 * i, fields('/x')))
  assert.equal(await client.ended(), 'ENHANCE_YOUR_CALM')
  assert.deepEqual([client.answers.get(5)?.status ?? 0, client.goaways.at(-1)?.last], [0, 3])
})

test('a client that ends its request by itself, after the whole answer, is not reset', SOON, async (t) => {
  const { client } = await opened(t, { handler: () => new Response('enough') })
  client.send(headers(1, fields('/', 'POST'), false))
  assert.equal((await client.answer(1)).body, 'enough')
  client.send(data(1, 'x'), data(1, 'y', true), headers(3, fields('/', 'POST'), false))
  await client.until(() => client.of('RST_STREAM', 3).length > 0)
  assert.deepEqual(client.of('RST_STREAM', 1), [])
})

test('Host stands in for an :authority that is missing', SOON, async (t) => {
  const { client } = await opened(t, { handler: ({ authority }) => new Response(authority) })
  client.send(headers(1, [':method', 'GET', ':scheme', 'http', ':path', '/', 'host', 'b:1']))
  assert.equal((await client.answer(1)).body, 'b:1')
})

for (const [what, status, list] of [
  ['no authority', 400, [':method', 'GET', ':scheme', 'http', ':path', '/']],
  ['an authority with a user', 400, [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'u@a']],
  ['a path that leads nowhere', 400, fields('/%00')],
  ['a long path', 414, fields(`/${'x'.repeat(300)}`)],
  ['fields that are too large', 431, fields('/', 'GET', 'a', 'x'.repeat(5000))],
  ['too many fields', 431, fields('/', 'GET', ...Array.from({ length: 40 }, () => 'a'))],
  ['an expectation', 417, fields('/', 'GET', 'expect', 'the worst')],
  ['CONNECT', 405, [':method', 'CONNECT', ':authority', 'a:1']],
] as const) {
  test(`${what} is answered ${status}, and logged`, SOON, async (t) => {
    const under = await opened(t, {
      routes: [{ match: '/*', resource: { GET: () => new Response('hello') } }],
      limits: { requestLine: 256, head: 2000, fields: 20 },
    })
    under.client.send(headers(1, list), headers(3, fields('/')))
    const answer = await under.client.answer(1)
    assert.deepEqual([answer.status, answer.ending], [status, 'end'])
    assert.equal((await under.client.answer(3)).status, 200)
    assert.deepEqual((await under.logged(2)).map((record) => record.status).sort(), [200, status].sort())
  })
}

test('what an answer says of its connection does not go out', SOON, async (t) => {
  const { client } = await opened(t, {
    handler: () =>
      new Response('hello', {
        headers: {
          Connection: 'x',
          'Keep-Alive': '1',
          'Transfer-Encoding': 'gzip',
          Upgrade: 'x',
          'Proxy-Connection': 'x',
        },
      }),
  })
  client.send(headers(1, fields()))
  assert.deepEqual([...(await client.answer(1)).headers.keys()].sort(), [
    ':status',
    'content-length',
    'content-type',
    'date',
  ])
})

for (const [method, status, length, body] of [
  ['GET', 200, '5', 'hello'],
  ['HEAD', 200, '5', ''],
  ['GET', 204, undefined, ''],
  ['GET', 205, '0', ''],
  ['GET', 304, undefined, ''],
] as const) {
  test(`${method} with ${status} has length ${length} and content ${JSON.stringify(body)}`, SOON, async (t) => {
    const { client } = await opened(t, { handler: () => new Response('hello', { status }) })
    client.send(headers(1, fields('/', method)))
    const answer = await client.answer(1)
    assert.deepEqual([answer.status, answer.headers.get('content-length'), answer.body], [status, length, body])
    if (body === '') assert.equal(client.of('DATA', 1).length, 0)
  })
}

test('a resource that takes the connection over is answered for with 500, and CONNECT too', SOON, async (t) => {
  const { client } = await opened(t, {
    handler: () => new Response(null, { status: 101, upgrade: () => assert.fail('taken over') }),
  })
  client.send(headers(1, fields()))
  assert.equal((await client.answer(1)).status, 500)
})

test('an answer that closes the connection is the last, and those that run are answered', SOON, async (t) => {
  const wait = gate<Response>()
  const { client } = await opened(t, {
    handler: ({ path }) => (path === '/wait' ? wait.passed : new Response('x', { headers: { Connection: 'close' } })),
  })
  client.send(headers(1, fields('/wait')), headers(3, fields('/')))
  await client.until(() => client.goaways.length > 0)
  wait.open(new Response('late'))
  assert.equal((await client.answer(1)).body, 'late')
  assert.equal(await client.ended(), 'NO_ERROR')
  assert.deepEqual(
    client.goaways.map(({ last }) => last),
    [2 ** 31 - 1, 3],
  )
})

test('a body that fails at once is answered by the error page alone, however long that takes', SOON, async (t) => {
  const { client } = await opened(t, {
    handler: () =>
      new Response(
        (async function* () {
          yield await Promise.reject<Uint8Array>(new Error('at once'))
        })(),
      ),
    errors: {
      default: async () => {
        await settled(20)
        return new Response('our own page')
      },
    },
  })
  client.send(headers(1, fields()))
  const { status, body, ending } = await client.answer(1)
  assert.deepEqual([status, body, ending], [500, 'our own page', 'end'])
  assert.equal(client.of('HEADERS', 1).length, 1)
})

test('after requestsPerConnection requests the connection ends', SOON, async (t) => {
  const { client } = await opened(t, { handler: () => new Response('x'), limits: { requestsPerConnection: 2 } })
  client.send(headers(1, fields()), headers(3, fields()))
  assert.equal((await client.answer(3)).body, 'x')
  assert.equal(await client.ended(), 'NO_ERROR')
})

test('a body is read as it comes, with its padding left out and its trailers at the end', SOON, async (t) => {
  const { client } = await opened(t, {
    handler: async (request) => {
      const text = await request.text()
      return new Response(`${text} ${[...request.trailers.raw()]} ${request.body?.declared}`)
    },
  })
  client.send(headers(1, fields('/', 'POST', 'te', 'trailers'), false), data(1, 'he'))
  client.send(frame('DATA', PADDED, 1, '\x03llo\0\0\0'), data(1, ''), headers(1, ['x-sum', '1', 'content-length', '9']))
  assert.equal((await client.answer(1)).body, 'hello x-sum,1 undefined')
})

test('trailers of an answer go to clients that take them', SOON, async (t) => {
  const { client } = await opened(t, {
    handler: () => new Response(source(5, 2).body, { trailers: () => new Headers({ 'X-Sum': '1', Host: 'no' }) }),
  })
  client.send(headers(1, fields('/', 'GET', 'te', 'trailers')), headers(3, fields()))
  const one = await client.answer(1)
  assert.deepEqual([one.body, [...one.trailers], one.ending], ['xxxxx', [['x-sum', '1']], 'end'])
  const other = await client.answer(3)
  assert.deepEqual([other.body, [...other.trailers], other.ending], ['xxxxx', [], 'end'])
})

test('100 Continue is said when the resource first waits for the body, once', SOON, async (t) => {
  const { client } = await opened(t, {
    handler: async (request) => new Response(request.path === '/never' ? 'no' : await request.text()),
  })
  const expecting = ['expect', '100-continue']
  client.send(headers(1, fields('/', 'POST', ...expecting), false))
  await client.until(() => client.answers.get(1)?.interim.length === 1)
  client.send(data(1, 'he'), data(1, 'llo', true))
  assert.equal((await client.answer(1)).body, 'hello')
  assert.deepEqual(client.answers.get(1)?.interim, [100])
  client.send(headers(3, fields('/never', 'POST', ...expecting), false))
  const never = await client.answer(3)
  assert.deepEqual([never.interim, never.body], [[], 'no'])
})

test(
  'an answer before the end of the body is followed by a reset without a fault, and the rest is dropped',
  SOON,
  async (t) => {
    const under = await opened(t, { handler: () => new Response('enough', { status: 403 }) })
    const { client } = under
    client.send(headers(1, fields('/', 'POST'), false))
    await client.until(() => client.of('RST_STREAM', 1).length > 0)
    const answer = await client.answer(1)
    assert.deepEqual([answer.status, answer.body, answer.ending], [403, 'enough', 'end NO_ERROR'])
    // More than the window of the connection: what is dropped is allowed again.
    for (let i = 0; i < 100; i++) client.send(data(1, Buffer.alloc(16384)))
    client.send(headers(1, ['x', 'y']), headers(3, fields('/', 'POST')))
    assert.equal((await client.answer(3)).status, 403)
    const allowed = client.of('WINDOW_UPDATE', 0).reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 65535)
    assert.ok(allowed >= 100 * 16384 + 2 ** 19, `${allowed} bytes were allowed on the connection`)
    assert.deepEqual(client.goaways, [])
  },
)

test('a body over its limit is 413', SOON, async (t) => {
  const { client } = await opened(t, { handler: async (request) => new Response(await request.text()), bodyLimit: 10 })
  client.send(headers(1, fields('/', 'POST', 'content-length', '11'), false))
  assert.equal((await client.answer(1)).status, 413)
  client.send(headers(3, fields('/', 'POST'), false), data(3, 'x'.repeat(11)))
  assert.equal((await client.answer(3)).status, 413)
})

test('a client may send a window of a body that nobody reads, and no more; others go on', SOON, async (t) => {
  const read = gate()
  const { client } = await opened(t, {
    bodyLimit: 1e9,
    handler: async (request) => {
      if (request.path === '/slow') await read.passed
      return new Response(`${(await request.bytes()).byteLength}`)
    },
  })
  client.send(headers(1, fields('/slow', 'POST'), false))
  for (let i = 0; i < 4; i++) client.send(data(1, Buffer.alloc(16384)))
  await client.settled()
  assert.equal(client.of('WINDOW_UPDATE', 1).length, 0)
  client.send(headers(3, fields('/fast', 'POST'), false), data(3, Buffer.alloc(16384)), data(3, 'x', true))
  assert.equal((await client.answer(3)).body, '16385')
  read.open()
  await client.until(() => client.of('WINDOW_UPDATE', 1).length > 0)
  client.send(data(1, 'x', true))
  assert.equal((await client.answer(1)).body, '65537')
  client.send(headers(5, fields('/slow2', 'POST'), false))
})

test('a client that sends more than the window of a stream loses the stream', SOON, async (t) => {
  const wait = gate<Response>()
  const { client } = await opened(t, { handler: () => wait.passed })
  client.send(headers(1, fields('/', 'POST'), false))
  for (let i = 0; i < 4; i++) client.send(data(1, Buffer.alloc(16384)))
  client.send(data(1, 'x'))
  assert.equal((await client.answer(1)).ending, 'FLOW_CONTROL_ERROR')
  wait.open(new Response())
})

test('bytes that come one a frame take no more memory than their room', SOON, async (t) => {
  const read = gate()
  const { client } = await opened(t, {
    handler: async (request) => {
      await read.passed
      const sizes: number[] = []
      for await (const piece of request.body ?? []) sizes.push(piece.byteLength)
      return new Response(sizes.join())
    },
  })
  client.send(headers(1, fields('/', 'POST'), false), ...Array.from({ length: 5000 }, () => data(1, 'x')))
  await client.settled()
  read.open()
  client.send(data(1, 'y', true))
  assert.equal((await client.answer(1)).body, '4096,904,1')
})

test('content is sent as the windows of stream and connection allow', SOON, async (t) => {
  const { client } = await opened(
    t,
    { handler: ({ path }) => new Response('x'.repeat(Number(path.slice(1)))) },
    settings([4, 10]),
  )
  client.polite = false
  client.send(frame('SETTINGS', 1, 0), headers(1, fields('/25')))
  await client.settled()
  assert.equal(client.answers.get(1)?.body.length, 10)
  client.send(frame('WINDOW_UPDATE', 0, 1, u32(1)))
  await client.settled()
  assert.equal(client.answers.get(1)?.body.length, 11)
  // A setting changes the windows of open streams too, also below nothing (§6.9.2).
  client.send(settings([4, 0]))
  client.send(frame('WINDOW_UPDATE', 0, 1, u32(10)))
  await client.settled()
  assert.equal(client.answers.get(1)?.body.length, 11)
  client.send(settings([4, 14]))
  await client.until(() => client.answers.get(1)?.ending === 'end')
  assert.equal(client.answers.get(1)?.body.length, 25)
  // The connection's window: 65535, of which 25 are gone.
  client.send(settings([4, 1e6]), headers(3, fields('/100000')))
  await client.settled()
  assert.equal(client.answers.get(3)?.body.length, 65535 - 25)
  client.send(headers(5, fields('/0')), headers(7, fields('/1')))
  assert.equal((await client.answer(5)).body, '')
  assert.equal(client.answers.get(7)?.body, '')
  client.send(frame('WINDOW_UPDATE', 0, 0, u32(1e6)))
  assert.equal((await client.answer(3)).body.length, 100000)
  assert.equal((await client.answer(7)).body, 'x')
})

test('streams with much to send take turns', SOON, async (t) => {
  const { client } = await opened(t, { handler: () => new Response('x'.repeat(200_000)) }, settings([4, 1e6]))
  client.polite = false
  client.send(frame('SETTINGS', 1, 0), headers(1, fields()), headers(3, fields()), headers(5, fields()))
  await client.settled()
  client.send(frame('WINDOW_UPDATE', 0, 0, u32(1e6)))
  for (const id of [1, 3, 5]) assert.equal((await client.answer(id)).body.length, 200_000)
  const turns = client
    .of('DATA')
    .slice(6, 30)
    .map(({ stream }) => stream)
  assert.deepEqual([...new Set(turns.slice(0, 3))].sort(), [1, 3, 5])
  for (let i = 3; i < turns.length; i++) assert.equal(turns[i], turns[i - 3])
})

test('a stream that is not read delays no other, and is pulled no further than a chunk', SOON, async (t) => {
  const slow = source(1e8, 20_000)
  const { client } = await opened(
    t,
    { handler: ({ path }) => new Response(path === '/slow' ? slow.body : path) },
    settings([4, 1000]),
  )
  client.polite = false
  client.send(frame('SETTINGS', 1, 0), headers(1, fields('/slow')))
  for (let i = 1; i <= 50; i++) {
    client.send(headers(1 + 2 * i, fields(`/${i}`)))
    assert.equal((await client.answer(1 + 2 * i)).body, `/${i}`)
  }
  assert.equal(slow.pulled, 0)
  assert.equal(client.answers.get(1)?.body.length, 1000)
  client.send(frame('RST_STREAM', 0, 1, u32(8)))
  await client.settled()
  await settled()
  assert.equal(slow.released, true)
})

test('a client that resets a stream, or goes, has its request cancelled', SOON, async (t) => {
  for (const how of ['reset', 'gone'] as const) {
    const aborted = gate<unknown>()
    const failed = gate<unknown>()
    const under = await opened(t, {
      handler: async (request) => {
        request.signal.addEventListener('abort', () => aborted.open(request.signal.reason))
        await request.text().catch((error) => failed.open(error))
        await aborted.passed
        return new Response('late')
      },
    })
    const { client } = under
    client.send(headers(1, fields('/', 'POST'), false), data(1, 'x'))
    await client.settled()
    if (how === 'reset') client.send(frame('RST_STREAM', 0, 1, u32(8)))
    else client.destroy()
    assert.equal(((await aborted.passed) as Error).name, 'AbortError')
    assert.match(String(await failed.passed), /gone/)
    const [record] = await under.logged(1)
    assert.deepEqual([record?.aborted, record?.bytesIn, record?.bytesOut], [true, 1, 0])
    if (how === 'reset') {
      // What crossed with the reset is passed over, and what comes later is told.
      client.send(data(1, 'x'))
      await client.until(() => client.of('RST_STREAM', 1).length > 0)
    }
  }
})

test('a source that fails before anything left is answered for; later the stream is reset', SOON, async (t) => {
  const failing = (before: number): AsyncIterable<Uint8Array> => ({
    async *[Symbol.asyncIterator]() {
      for (let i = 0; i < before; i++) yield Buffer.from('some')
      throw new HttpError(503)
    },
  })
  const under = await opened(t, {
    handler: ({ path }: Request) =>
      path === '/short'
        ? new Response(source(3, 3).body, { headers: { 'Content-Length': '4' } })
        : path === '/long'
          ? new Response(source(5, 5).body, { headers: { 'Content-Length': '4' } })
          : new Response(failing(Number(path.slice(1)))),
  })
  const { client } = under
  client.send(
    headers(1, fields('/0')),
    headers(3, fields('/1')),
    headers(5, fields('/short')),
    headers(7, fields('/long')),
  )
  assert.deepEqual([(await client.answer(1)).status, (await client.answer(1)).ending], [503, 'end'])
  for (const id of [3, 5]) {
    const { status, ending } = await client.answer(id)
    assert.deepEqual([status, ending], [200, 'INTERNAL_ERROR'])
  }
  assert.equal((await client.answer(7)).status, 500)
  await under.reported('broke off')
  assert.deepEqual((await under.logged(4)).map(({ aborted }) => aborted).sort(), [false, false, true, true])
})

test('stopping lets running streams end, takes nothing new, and closes idle connections at once', SOON, async (t) => {
  const wait = gate<Response>()
  const under = await opened(t, { handler: ({ path }) => (path === '/wait' ? wait.passed : new Response('x')) })
  const { client, engine } = under
  const idle = await FrameClient.open(under.port)
  await idle.settled()
  client.send(headers(1, fields('/wait')))
  await client.settled()
  const closing = engine.close()
  assert.equal(await idle.ended(), 'NO_ERROR')
  await client.until(() => client.goaways.length === 2)
  assert.deepEqual(
    client.goaways.map(({ last, code }) => [last, code]),
    [
      [2 ** 31 - 1, 'NO_ERROR'],
      [1, 'NO_ERROR'],
    ],
  )
  client.send(headers(3, fields('/x')), frame('DATA', END_STREAM, 3, ''))
  wait.open(new Response('whole'))
  assert.equal((await client.answer(1)).body, 'whole')
  assert.equal(await client.ended(), 'NO_ERROR')
  assert.equal(client.answers.get(3)?.status ?? 0, 0)
  client.destroy()
  await closing
})
