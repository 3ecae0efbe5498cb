import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Response } from '../src/message/response.ts'
import { fieldOfAnswer } from './support/answers.ts'
import { startEngine } from './support/engine.ts'
import { ACK, fields, frame, headers, PREFACE, settings, u32 } from './support/frame-client.ts'

const SOON = { timeout: 20_000 }
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
/** So long that what a test waits for must have come from another timeout. */
const NEVER = 600_000
const LONG = { head: NEVER, body: NEVER, write: NEVER, idle: NEVER, linger: NEVER }

async function* endless(size: number): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(size)
}

test('a connection on which nothing comes is closed without a word', SOON, async (t) => {
  const under = await startEngine(t, { handler: () => new Response(), timeouts: { ...LONG, head: 60 } })
  const client = await under.connect()
  await client.closed()
  assert.equal(client.text, '')
  assert.deepEqual(under.records, [])
})

test('empty lines before a request do not put its deadline off', SOON, async (t) => {
  const under = await startEngine(t, { handler: () => new Response(), timeouts: { ...LONG, head: 60 } })
  const client = await under.connect()
  const feeding = setInterval(() => client.send('\r\n'), 5)
  t.after(() => clearInterval(feeding))
  await client.closed()
  clearInterval(feeding)
})

test('a head that begins and does not end is 408, logged with the limit’s name', SOON, async (t) => {
  for (const begin of ['G', 'GET / HTTP/1.1\r\n', 'GET / HTTP/1.1\r\nHost: a\r\nX: ']) {
    const under = await startEngine(t, { handler: () => new Response(), timeouts: { ...LONG, head: 60 } })
    const client = await under.connect()
    client.send(begin)
    const answer = await client.answer()
    assert.deepEqual([answer.status, fieldOfAnswer(answer, 'connection')], [408, 'close'])
    assert.equal(await client.closed(), 'end')
    assert.equal(under.reports[0]?.fields?.['code'], 'timeouts.head')
    assert.equal((await under.logged(1))[0]?.status, 408)
  }
})

test('the deadline of a head counts from its first byte on: it does not start again with each', SOON, async (t) => {
  const under = await startEngine(t, { handler: () => new Response(), timeouts: { ...LONG, head: 80 } })
  const client = await under.connect()
  client.send('GET / HTTP/1.1\r\nX: ')
  const feeding = setInterval(() => client.send('x'), 10)
  t.after(() => clearInterval(feeding))
  assert.equal((await client.answer()).status, 408)
  clearInterval(feeding)
})

test(
  'a second head on a kept connection has the deadline of a head, not that of an idle connection',
  SOON,
  async (t) => {
    const under = await startEngine(t, { handler: () => new Response(), timeouts: { ...LONG, head: 80 } })
    const client = await under.connect()
    client.send(GET)
    await client.answer()
    client.send('GET')
    assert.equal((await client.answer()).status, 408)
  },
)

test('an idle connection is closed without a word', SOON, async (t) => {
  const under = await startEngine(t, { handler: () => new Response(), timeouts: { ...LONG, idle: 60 } })
  const client = await under.connect()
  client.send(GET)
  await client.answer()
  await client.closed()
  assert.equal(client.rest, '')
  assert.equal(under.records.length, 1)
})

test('neither the head’s nor the idle deadline concerns a request that is being answered', SOON, async (t) => {
  const under = await startEngine(t, {
    handler: async (request) => {
      if (request.path === '/slow') await once(process, 'test:idle-is-over')
      return new Response(request.path)
    },
    timeouts: { ...LONG, head: 60, idle: 60 },
  })
  const slow = await under.connect()
  slow.send(GET.replace('/', '/slow'))
  const idle = await under.connect()
  idle.send(GET)
  await idle.closed()
  process.emit('test:idle-is-over' as 'beforeExit', 0)
  assert.equal((await slow.answer()).body, '/slow')
})

test('a body that stops coming while it is read is 408, and the connection is closed', SOON, async (t) => {
  const under = await startEngine(t, {
    handler: async (request) => new Response(await request.text()),
    timeouts: { ...LONG, body: 80 },
  })
  const client = await under.connect()
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello')
  const answer = await client.answer()
  assert.deepEqual([answer.status, fieldOfAnswer(answer, 'connection')], [408, 'close'])
})

test('a body that comes below the minimum rate is 408, although it never stops for long', SOON, async (t) => {
  const under = await startEngine(t, {
    handler: async (request) => new Response(await request.text()),
    timeouts: { ...LONG, body: 200 },
    limits: { bodyRate: 1_000_000 },
  })
  const client = await under.connect()
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n')
  const feeding = setInterval(() => client.send('x'), 10)
  t.after(() => clearInterval(feeding))
  assert.equal((await client.answer()).status, 408)
  clearInterval(feeding)
})

test('time that a resource takes before it reads its body does not count against the client', SOON, async (t) => {
  const under = await startEngine(t, {
    handler: async (request) => {
      await once(process, 'test:other-is-over')
      return new Response(await request.text())
    },
    timeouts: { ...LONG, body: 60, head: 200 },
  })
  const client = await under.connect()
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel')
  const other = await under.connect()
  await other.closed()
  client.send('lo')
  process.emit('test:other-is-over' as 'beforeExit', 0)
  assert.equal((await client.answer()).body, 'hello')
})

for (const [what, size] of [
  ['large', 262_144],
  ['small', 4096],
] as const) {
  test(
    `a client that takes nothing of an answer in ${what} chunks is cut off, and that is reported`,
    SOON,
    async (t) => {
      let returned = false
      const under = await startEngine(t, {
        handler: () =>
          new Response(
            (async function* () {
              try {
                yield* endless(size)
              } finally {
                returned = true
              }
            })(),
          ),
        timeouts: { ...LONG, write: 100 },
      })
      const client = await under.connect()
      client.socket.pause()
      client.send(GET)
      const [record] = await under.logged(1)
      assert.equal(record?.aborted, true)
      assert.equal(returned, true)
      assert.match(under.reports[0]?.event ?? '', /timeouts\.write/)
      client.socket.resume()
      await client.closed()
    },
  )
}

test('a client that takes nothing of a known content is cut off too', SOON, async (t) => {
  const content = new Uint8Array(16 * 1024 * 1024)
  const under = await startEngine(t, { handler: () => new Response(content), timeouts: { ...LONG, write: 100 } })
  const client = await under.connect()
  client.socket.pause()
  client.send(GET)
  assert.equal((await under.logged(1))[0]?.aborted, true)
  client.socket.resume()
  await client.closed()
})

/** What a client may go on sending while it reads nothing, by the version of HTTP. */
const CHATTER: readonly (readonly [version: string, first: Uint8Array, more: Uint8Array])[] = [
  ['HTTP/1.1', Buffer.from(GET), Buffer.from('G')],
  [
    'HTTP/2',
    Buffer.concat([
      Buffer.from(PREFACE),
      settings([4, 2 ** 31 - 1]),
      frame('SETTINGS', ACK, 0),
      frame('WINDOW_UPDATE', 0, 0, u32(2 ** 30)),
      headers(1, fields()),
    ]),
    frame('WINDOW_UPDATE', 0, 0, u32(1)),
  ],
]

for (const [version, first, more] of CHATTER) {
  test(`a client of ${version} that takes nothing is cut off though it goes on sending`, SOON, async (t) => {
    const content = new Uint8Array(16 * 1024 * 1024)
    const under = await startEngine(t, {
      handler: () => new Response(content),
      timeouts: { ...LONG, write: 100 },
      listen: { port: 0, http2: true },
    })
    const client = await under.connect()
    client.socket.pause()
    client.send(first)
    const feeding = setInterval(() => client.send(more), 10)
    t.after(() => clearInterval(feeding))
    await under.reported('timeouts.write')
    clearInterval(feeding)
    client.socket.resume()
    await client.closed()
  })
}

test('a client that takes nothing of pipelined small answers is cut off too', SOON, async (t) => {
  const under = await startEngine(t, {
    handler: () => new Response('x'.repeat(10_000)),
    timeouts: { ...LONG, write: 100 },
  })
  const client = await under.connect()
  client.socket.pause()
  client.send(GET.repeat(2000))
  await under.reported('timeouts.write')
})

test(
  'a source that is slow is not a client that is slow: nothing is cut while nothing waits to be taken',
  SOON,
  async (t) => {
    const under = await startEngine(t, {
      handler: () =>
        new Response(
          (async function* () {
            yield Buffer.from('one ')
            await once(process, 'test:stalled-is-over')
            yield Buffer.from('two')
          })(),
        ),
      timeouts: { ...LONG, write: 60, head: 300 },
    })
    const client = await under.connect()
    client.send(GET)
    await client.until((text) => text.includes('one'))
    const other = await under.connect()
    await other.closed()
    process.emit('test:stalled-is-over' as 'beforeExit', 0)
    assert.equal((await client.answer()).body, 'one two')
  },
)

test('a client that does not close after the last answer is cut off after the time to linger', SOON, async (t) => {
  // 16 KiB and more do not go out at once: the end of the writing is told in another way then.
  for (const size of [10, 16_384, 1_000_000]) {
    const under = await startEngine(t, {
      handler: () => new Response('x'.repeat(size)),
      timeouts: { ...LONG, linger: 60 },
    })
    const client = await under.connect()
    client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    assert.equal((await client.answer()).body.length, size)
    assert.equal(await client.closed(), 'end')
    assert.equal(under.engine.connections, 1)
    const feeding = setInterval(() => client.send('more'), 10)
    t.after(() => clearInterval(feeding))
    await new Promise<void>((resolve) => client.socket.once('close', () => resolve()))
    clearInterval(feeding)
  }
})
