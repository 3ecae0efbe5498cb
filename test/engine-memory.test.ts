import assert from 'node:assert/strict'
import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Handler } from '../src/message/interface.ts'
import { Response } from '../src/message/response.ts'
import { EngineUnderTest } from './support/engine.ts'
import { makeFolder } from './support/folder.ts'
import { gate } from './support/gate.ts'
import { connectInMemory, settled } from './support/memory-socket.ts'

const SOON = { timeout: 60_000 }
const KIB = 1024
const GIB = 1024 ** 3
/** What a slow client may cost. `scripts/memory.mjs` shows the same by the memory of a process. */
const MOST = 2 * 1024 * KIB
const GET = 'GET /large HTTP/1.1\r\nHost: a\r\n\r\n'

async function* endless(given: { bytes: number }): AsyncGenerator<Uint8Array> {
  for (;;) {
    given.bytes += 64 * KIB
    yield new Uint8Array(64 * KIB)
  }
}

test('a client that takes a large file slowly has little of it waiting in the server', SOON, async () => {
  const root = makeFolder({ large: '' })
  truncateSync(join(root, 'large'), GIB)
  const { engine } = new EngineUnderTest({ routes: [{ match: '/*', files: root }] })
  const ends = connectInMemory(engine)
  ends.socket.stuck = true
  ends.give(GET)
  let most = 0
  for (let taken = 0; taken < 20; taken++) {
    while (ends.socket.writableLength === 0) await settled(1)
    // Time in which a server that does not wait would have read on.
    await settled(20)
    most = Math.max(most, ends.socket.writableLength)
    ends.socket.unstick()
    ends.socket.stuck = true
  }
  assert.ok(most > 0 && most < MOST, `${most} bytes wait`)
  assert.ok(ends.read.length > 0 && ends.read.length < 20 * MOST)
  ends.socket.destroy()
  await settled(20)
})

test('a source is pulled no faster than the client takes it', SOON, async () => {
  const given = { bytes: 0 }
  const { engine } = new EngineUnderTest({ handler: () => new Response(endless(given)) })
  const ends = connectInMemory(engine)
  ends.socket.stuck = true
  ends.give(GET)
  for (let taken = 0; taken < 20; taken++) {
    await settled(20)
    assert.ok(given.bytes - ends.read.length < MOST, `${given.bytes} bytes were pulled, ${ends.read.length} taken`)
    ends.socket.unstick()
    ends.socket.stuck = true
  }
  assert.ok(given.bytes >= 20 * 64 * KIB)
  ends.socket.destroy()
})

/** Reads one piece of the body for each opening of a gate. */
function slowly(steps: readonly { readonly passed: Promise<void> }[], read: { bytes: number }): Handler {
  return async (request) => {
    const pieces = (request.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
    for (const { passed } of steps) {
      await passed
      const { value } = await pieces.next()
      read.bytes += value?.byteLength ?? 0
    }
    return new Promise<Response>(() => {})
  }
}

/** How a body may come: in large or small pieces, by length or in chunks. */
const COMING: readonly (readonly [string, string, string])[] = [
  ['64 KiB pieces', `Content-Length: ${GIB}`, 'x'.repeat(64 * KIB)],
  ['one byte pieces', `Content-Length: ${GIB}`, 'x'],
  ['chunks of 64 KiB', 'Transfer-Encoding: chunked', `10000\r\n${'x'.repeat(64 * KIB)}\r\n`],
  ['chunks of one byte', 'Transfer-Encoding: chunked', '1\r\nx\r\n'.repeat(1000)],
]

for (const [what, field, piece] of COMING) {
  test(`a large body to a slow handler, in ${what}, is not read ahead of it`, SOON, async () => {
    const steps = Array.from({ length: 10 }, () => gate())
    const read = { bytes: 0 }
    const { engine } = new EngineUnderTest({ handler: slowly(steps, read), bodyLimit: GIB })
    const ends = connectInMemory(engine)
    const { socket } = ends
    ends.give(`POST / HTTP/1.1\r\nHost: a\r\n${field}\r\n\r\n`)
    let sent = 0
    for (const { open } of steps) {
      // What the socket holds itself, as it is paused, is not the engine's; the system stops the client there.
      while (!socket.isPaused() && sent - read.bytes < 2 * MOST) {
        ends.give(piece)
        sent += piece.length
        await settled(1)
      }
      assert.ok(socket.isPaused() && sent - read.bytes < MOST, `${sent} bytes were taken, ${read.bytes} read`)
      open()
      await settled(3)
    }
    assert.ok(read.bytes > 0)
    socket.destroy()
  })
}
