import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { Response } from '../src/message/response.ts'
import { fieldOfAnswer, readAnswers } from './support/answers.ts'
import { EngineUnderTest, startEngine } from './support/engine.ts'
import { gate } from './support/gate.ts'
import { connectInMemory, type Ends, settled } from './support/memory-socket.ts'

const SOON = { timeout: 20_000 }
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const NEVER = 600_000
const LONG = { head: NEVER, body: NEVER, write: NEVER, idle: NEVER, linger: NEVER }
const handler = (): Response => new Response('here')

/** Whether a connection is served: it answers, or was closed without a word. */
async function served(ends: Ends): Promise<boolean> {
  ends.give(GET)
  await settled()
  assert.equal(ends.socket.destroyed, ends.read === '')
  return ends.read !== ''
}

test('connections beyond the cap are closed at once, and the place of one that ends is free', SOON, async (t) => {
  const under = await startEngine(t, { handler, limits: { connections: 2 }, timeouts: { ...LONG, head: 200 } })
  const first = await under.connect()
  const second = await under.connect()
  for (const client of [first, second]) {
    client.send(GET)
    assert.equal((await client.answer()).status, 200)
  }
  const third = await under.connect()
  await third.closed()
  assert.equal(third.text, '')
  assert.equal(under.engine.connections, 2)
  const { level, fields } = await under.reported('limits.connections')
  assert.deepEqual([level, fields?.['count']], ['warn', 1])
  first.end()
  await first.closed()
  while (under.engine.connections > 1) await settled(1)
  const fourth = await under.connect()
  fourth.send(GET)
  assert.equal((await fourth.answer()).body, 'here')
})

test('a connection that the system could not accept is reported, and the next one is served', SOON, async (t) => {
  const under = await startEngine(t, { handler, timeouts: LONG })
  const [listener] = under.engine.listeners
  // As the system does where it has no descriptor left: EMFILE is 24.
  const handle = listener?.bound.handle as unknown as { onconnection(status: number): void } | undefined
  handle?.onconnection(-24)
  const { level, fields } = await under.reported('could not be accepted')
  assert.equal(level, 'error')
  assert.match(String(fields?.['error']), /accept EMFILE/)
  const client = await under.connect()
  client.send(GET)
  assert.equal((await client.answer()).body, 'here')
})

test('connections of one address are capped, those of others are not', SOON, async () => {
  const { engine } = new EngineUnderTest({ handler, limits: { connectionsPerAddress: 2 } })
  const first = connectInMemory(engine, '192.0.2.1')
  const second = connectInMemory(engine, '192.0.2.1')
  assert.deepEqual([await served(first), await served(second)], [true, true])
  assert.equal(await served(connectInMemory(engine, '192.0.2.1')), false)
  assert.equal(await served(connectInMemory(engine, '192.0.2.2')), true)
  assert.equal(await served(connectInMemory(engine, '2001:db8::1')), true)
  first.socket.destroy()
  await settled()
  assert.equal(await served(connectInMemory(engine, '192.0.2.1')), true)
  assert.equal(await served(connectInMemory(engine, '192.0.2.1')), false)
})

test('loopback, Unix sockets and trusted proxies stand for many clients: they are not capped', SOON, async () => {
  const { engine } = new EngineUnderTest({
    handler,
    limits: { connectionsPerAddress: 1 },
    trustedProxies: ['192.0.2.0/24'],
  })
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '', '192.0.2.77', '::ffff:192.0.2.78']) {
    for (let i = 0; i < 3; i++) assert.equal(await served(connectInMemory(engine, address)), true, address)
  }
})

test(
  'the last request that a connection may have is answered with Connection: close, and the next is not',
  SOON,
  async () => {
    const { engine } = new EngineUnderTest({ handler, limits: { requestsPerConnection: 3 } })
    for (const pieces of [[GET, GET, GET, GET], [GET.repeat(4)]]) {
      const ends = connectInMemory(engine)
      for (const piece of pieces) {
        ends.give(piece)
        await settled()
      }
      const { answers, rest } = readAnswers(ends.read, [], false)
      assert.deepEqual(
        [answers.map((answer) => fieldOfAnswer(answer, 'connection')), rest],
        [[undefined, undefined, 'close'], ''],
      )
      assert.equal(ends.socket.wasEnded, true)
    }
  },
)

test('2,000 connections that only begin their heads leave another client served', { timeout: 60_000 }, async (t) => {
  const under = await startEngine(t, { handler, timeouts: LONG })
  const slow = await Promise.all(Array.from({ length: 2000 }, () => under.connect()))
  for (const client of slow) client.send('GET / HTTP/1.1\r\nHost: a\r\nX-')
  for (let i = 0; i < 20; i++) {
    for (const client of slow.slice(i * 100, i * 100 + 100)) client.send('y')
    const other = await under.connect()
    other.send(GET)
    assert.equal((await other.answer()).body, 'here')
    other.destroy()
  }
  for (const client of slow) client.send('z: 1\r\n\r\n')
  for (const client of slow) assert.equal((await client.answer()).status, 200)
})

test('2,000 connections that only begin their heads are each given up in time', { timeout: 60_000 }, async (t) => {
  const under = await startEngine(t, { handler, timeouts: { ...LONG, head: 500, linger: 100 } })
  const slow = await Promise.all(Array.from({ length: 2000 }, () => under.connect()))
  for (const client of slow) client.send('GET / HTTP/1.1\r\nHost: a\r\nX-')
  for (const client of slow) {
    await client.closed()
    // One that was not looked at until its time was over has not begun.
    assert.match(client.text, /^(?:$|HTTP\/1\.1 408 )/)
  }
  while (under.engine.connections > 0) await settled(1)
})

test('stopping closes idle connections at once, and those that begin nothing soon', SOON, async (t) => {
  const under = await startEngine(t, { handler, timeouts: { ...LONG, stop: NEVER } })
  const idle = await under.connect()
  idle.send(GET)
  await idle.answer()
  const fresh = await under.connect()
  await until(() => under.engine.connections === 2)
  await under.engine.close()
  await Promise.all([idle.closed(), fresh.closed()])
  assert.deepEqual([idle.rest, fresh.text], ['', ''])
})

test('the first request of a connection that came just before the stop is answered', SOON, async (t) => {
  for (const http2 of [false, true]) {
    const under = await startEngine(t, { handler, timeouts: { ...LONG, stop: NEVER }, listen: { port: 0, http2 } })
    const fresh = await under.connect()
    await until(() => under.engine.connections === 1)
    const closed = under.engine.close()
    fresh.send(GET)
    const answer = await fresh.answer()
    assert.deepEqual([answer.status, fieldOfAnswer(answer, 'connection')], [200, 'close'])
    fresh.end()
    await closed
  }
})

test(
  'stopping finishes what runs, tells the client that it was the last, and takes no new connections',
  SOON,
  async (t) => {
    const reached = { '/first': gate(), '/body': gate() }
    const answer = gate()
    const under = await startEngine(t, {
      handler: async ({ path }) => {
        if (path === '/quick') return new Response()
        if (path === '/first' || path === '/body') reached[path].open()
        await answer.passed
        return new Response('finished')
      },
      timeouts: { ...LONG, stop: NEVER },
    })
    const { port } = under
    const running = await under.connect()
    running.send(`GET /first HTTP/1.1\r\nHost: a\r\n\r\n${GET}`)
    const streaming = await under.connect()
    streaming.send('POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe')
    const begun = await under.connect()
    begun.send('GET /quick HTTP/1.1\r\nHost: a\r\n\r\nGET /begun HTTP/1.1\r\nHost: a\r\n')
    await Promise.all([reached['/first'].passed, reached['/body'].passed, begun.answer()])
    const closed = under.engine.close()
    assert.equal(under.engine.close(), closed)
    await refused(port)
    answer.open()
    const last = await running.answer()
    assert.deepEqual([last.body, fieldOfAnswer(last, 'connection')], ['finished', 'close'])
    assert.equal(await running.closed(), 'end')
    assert.equal(running.rest, '')
    begun.send('\r\n')
    assert.equal((await begun.answer()).body, 'finished')
    assert.equal(await begun.closed(), 'end')
    assert.equal((await streaming.answer()).body, 'finished')
    assert.equal(await streaming.closed(), 'end')
    for (const client of [running, begun, streaming]) client.end()
    await closed
    assert.equal(under.engine.connections, 0)
  },
)

test('what still runs after the time to stop is broken off, and its signal aborted', SOON, async (t) => {
  const reached = gate()
  const aborted = gate<unknown>()
  const under = await startEngine(t, {
    handler: (request) => {
      request.signal.addEventListener('abort', () => aborted.open(request.signal.reason))
      reached.open()
      return new Promise<Response>(() => {})
    },
    timeouts: { ...LONG, stop: 50 },
  })
  const client = await under.connect()
  client.send(GET)
  await reached.passed
  await under.engine.close()
  assert.equal(under.engine.connections, 0)
  await client.closed()
  assert.equal(client.text, '')
  assert.equal(((await aborted.passed) as Error).name, 'AbortError')
})

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await settled(1)
}

/** Waits until nobody listens on a port any more. */
async function refused(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.destroy()
      reject(new Error('somebody still listens'))
    })
    socket.on('error', () => resolve())
  })
}
