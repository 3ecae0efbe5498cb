import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EngineUnderTest, startEngine } from '../../test/support/engine.ts'
import { settings } from '../../test/support/frame-client.ts'
import { connectInMemory, settled } from '../../test/support/memory-socket.ts'
import { Response } from '../message/response.ts'
import { PREFACE } from '../protocol/http2/frames.ts'

const SOON = { timeout: 20_000 }

async function under(): Promise<EngineUnderTest> {
  const made = new EngineUnderTest({ handler: (request) => new Response(request.version) })
  await made.engine.prepare({ http2: true })
  return made
}

for (const pieces of [
  ['GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['P', 'RI / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['PRI * HTTP/2.1'],
]) {
  test(`what begins with ${JSON.stringify(pieces)} is taken for HTTP/1`, async () => {
    const ends = connectInMemory((await under()).engine, undefined, '?')
    for (const piece of pieces) {
      ends.give(piece)
      await settled(1)
    }
    await settled()
    assert.match(ends.read, /^HTTP\/1\.1 (?:200|405|505)|^$/)
    ends.socket.destroy()
  })
}

test('what begins with the preface is HTTP/2, be it in pieces', async () => {
  for (const at of [1, 12, 23, 24, 30]) {
    const ends = connectInMemory((await under()).engine, undefined, '?')
    const all = PREFACE + settings().toString('latin1')
    ends.give(all.slice(0, at))
    await settled(1)
    assert.equal(ends.read.length > 0, at >= 24)
    ends.give(all.slice(at))
    await settled()
    assert.equal(ends.read.charCodeAt(3), 4)
    ends.socket.destroy()
  }
})

test('a client that ends, and a server that stops, before anything was said close the connection', SOON, async (t) => {
  // Closed in time, and not at last because the server does not wait any longer.
  const { engine } = await startEngine(t, {
    handler: () => new Response('x'),
    timeouts: { linger: 20, stop: 2 ** 30 },
    listen: { port: 0, http2: true },
  })
  const gone = connectInMemory(engine, undefined, '?')
  gone.give('PRI')
  gone.end()
  const idle = connectInMemory(engine, undefined, '?')
  await settled()
  assert.equal(gone.socket.destroyed, true)
  await engine.close()
  assert.deepEqual([idle.socket.destroyed, engine.connections], [true, 0])
})
