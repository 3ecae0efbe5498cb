import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { EngineUnderTest } from '../../test/support/engine.ts'
import { connectInMemory, MemorySocket, settled } from '../../test/support/memory-socket.ts'
import { Response } from '../message/response.ts'
import { Site } from '../site/site.ts'
import type { Engine, EngineOptions } from './engine.ts'
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from './settings.ts'

const SOON = { timeout: 20_000 }
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const CLIENT = '192.0.2.7'

function engineWith(options: EngineOptions = {}): Engine {
  return new EngineUnderTest({ handler: () => new Response('hello'), ...options }).engine
}

function admitted(engine: Engine, address: string): Socket | undefined {
  const socket = new MemorySocket(address) as unknown as Socket
  return engine.admit(socket) ? socket : undefined
}

/** Opens a connection on which the engine does not speak, as while a TLS handshake runs. */
function silent(engine: Engine, address: string): MemorySocket {
  const socket = new MemorySocket(address)
  engine.admitSilent(socket as unknown as Socket)
  return socket
}

test('what is not set has its default, and what is set leaves the rest alone', () => {
  const plain = engineWith()
  assert.deepEqual([plain.limits, plain.timeouts, plain.trusted], [DEFAULT_LIMITS, DEFAULT_TIMEOUTS, undefined])
  const { limits, timeouts, handshake } = engineWith({ limits: { connections: 5 }, timeouts: { head: 900 } })
  assert.deepEqual(limits, { ...DEFAULT_LIMITS, connections: 5 })
  assert.deepEqual(timeouts, { ...DEFAULT_TIMEOUTS, head: 900 })
  assert.equal(handshake, 900)
})

for (const [timeouts, length] of [
  [{}, 500],
  [{ head: 400 }, 100],
  [{ idle: 400, linger: 200 }, 50],
  [{ body: 1 }, 20],
  // Neither has its deadline looked at by the clock.
  [{ write: 1, stop: 1 }, 500],
] as const) {
  test(`the clock ticks every ${length} ms with timeouts of ${JSON.stringify(timeouts)}`, () => {
    const { ticker, ticks } = engineWith({ timeouts })
    assert.equal(ticker.length, length)
    assert.equal(ticks.head, ticker.ticks({ ...DEFAULT_TIMEOUTS, ...timeouts }.head))
  })
}

test('a trusted proxy that is no network is refused at once, and an empty list trusts nobody', () => {
  assert.throws(() => engineWith({ trustedProxies: ['10.0.0.0/99'] }), TypeError)
  assert.equal(engineWith({ trustedProxies: [] }).trusted, undefined)
  assert.equal(engineWith({ trustedProxies: ['private'] }).trusted?.has('10.0.0.1'), true)
})

test('an engine that does not listen has no addresses, and closes at once', SOON, async () => {
  const engine = engineWith()
  assert.deepEqual([engine.urls, engine.connections], [[], 0])
  await engine.close()
  assert.equal(engine.stopping, true)
})

test('a socket beyond a limit is destroyed and not counted', () => {
  const engine = engineWith({ limits: { connections: 2, connectionsPerAddress: 1 } })
  assert.ok(admitted(engine, CLIENT))
  const second = new MemorySocket(CLIENT)
  assert.equal(engine.admit(second as unknown as Socket), false)
  assert.deepEqual([second.destroyed, engine.connections], [true, 1])
  assert.ok(admitted(engine, '192.0.2.8'))
  assert.equal(admitted(engine, '127.0.0.1'), undefined)
  assert.equal(engine.connections, 2)
})

test('the places of an address are free again when its sockets are closed, spoken on or not', SOON, async () => {
  const engine = engineWith({ limits: { connectionsPerAddress: 2 } })
  for (let i = 0; i < 3; i++) {
    const { socket } = connectInMemory(engine, CLIENT)
    const other = silent(engine, CLIENT)
    assert.equal(engine.connections, 2)
    assert.equal(silent(engine, CLIENT).destroyed, true)
    const closed = [once(socket, 'close'), once(other, 'close')]
    socket.destroy()
    other.destroy()
    await Promise.all(closed)
    assert.equal(engine.connections, 0)
  }
})

test('a socket that was given away counts until it is closed, and is closed with the rest', SOON, async () => {
  const engine = new EngineUnderTest({
    handler: () => new Response(null, { status: 101, upgrade: () => {} }),
    timeouts: { stop: 0 },
  }).engine
  const ends = connectInMemory(engine, CLIENT)
  ends.give('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')
  await settled()
  assert.match(ends.read, /^HTTP\/1\.1 101 /)
  assert.equal(engine.connections, 1)
  const gone = once(ends.socket, 'close')
  await engine.close()
  await gone
  assert.deepEqual([engine.connections, ends.socket.destroyed], [0, true])
})

test('closing is the same for all who ask, and waits for sockets that nobody speaks on', SOON, async () => {
  const engine = engineWith()
  const socket = silent(engine, CLIENT)
  let closed = false
  const closing = engine.close().then(() => {
    closed = true
  })
  const again = engine.close()
  await settled()
  assert.equal(closed, false)
  socket.destroy()
  await Promise.all([closing, again])
  assert.equal(engine.connections, 0)
})

test('another site answers the next request, on connections that are open too', SOON, async () => {
  const engine = engineWith()
  const ends = connectInMemory(engine)
  ends.give(GET)
  await settled()
  engine.site = new Site({ routes: [{ match: '/*', resource: () => new Response('reloaded') }] })
  ends.give(GET)
  await settled()
  assert.deepEqual(ends.read.match(/hello|reloaded/g), ['hello', 'reloaded'])
  ends.socket.destroy()
})

test('connections that were turned away are reported together, once', SOON, async (t) => {
  const under = new EngineUnderTest({
    handler: () => new Response('hello'),
    limits: { connections: 1 },
    timeouts: { head: 80 },
  })
  const { engine } = under
  await engine.listen({ port: 0 })
  t.after(() => engine.close())
  const socket = silent(engine, CLIENT)
  for (let i = 0; i < 3; i++) assert.equal(silent(engine, CLIENT).destroyed, true)
  const { level, fields } = await under.reported('turned away')
  assert.deepEqual([level, fields], ['warn', { count: 3 }])
  under.reports.length = 0
  silent(engine, CLIENT)
  assert.deepEqual((await under.reported('turned away')).fields, { count: 1 })
  socket.destroy()
})
