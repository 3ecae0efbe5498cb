import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { awake } from '../../../test/support/awake.ts'
import { gate } from '../../../test/support/gate.ts'
import { MemorySocket, settled } from '../../../test/support/memory-socket.ts'
import { fc, runs } from '../../../test/support/property.ts'
import { attach, type SocketEvents } from '../../io/attach.ts'
import { Writer } from './writer.ts'

const SOON = { timeout: 20_000 }
const KIB = 1024
const PATIENCE = 700

/** Tells the size of each write that it is asked for; as with real sockets, those that run fail when it is destroyed. */
class CountingSocket extends MemorySocket {
  readonly writes: number[] = []
  #running: ((error?: Error) => void) | undefined = undefined

  override _write(chunk: Buffer, encoding: BufferEncoding, taken: (error?: Error) => void): void {
    this.#running = taken
    super._write(chunk, encoding, () => {
      this.#running = undefined
      taken()
    })
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#running?.(new Error('canceled'))
    done(error)
  }

  override write(data: unknown, ...rest: unknown[]): boolean {
    this.writes.push((data as string | Uint8Array).length)
    return (super.write as (...args: unknown[]) => boolean).call(this, data, ...rest)
  }
}

interface Writing {
  readonly writer: Writer
  readonly socket: CountingSocket
  readonly heard: string[]
  readonly stalled: Promise<void>
}

function start(patience: number = PATIENCE): Writing {
  const socket = new CountingSocket()
  const writer = new Writer(socket as unknown as Socket, patience)
  const heard: string[] = []
  const stall = gate<void>()
  const events: SocketEvents = {
    received: () => {},
    halfClosed: () => {},
    drained: () => {
      heard.push('drained')
      writer.drained()
    },
    stalled: () => stall.open(),
    closed: () => {},
  }
  attach(socket as unknown as Socket, events)
  return { writer, socket, heard, stalled: stall.passed }
}

const bytes = (size: number): Buffer => Buffer.alloc(size, '\xe9', 'latin1')

test('heads and small contents leave in one write, when they are flushed', () => {
  const { writer, socket } = start()
  writer.text('one ')
  writer.content('two ', 4)
  writer.content(bytes(16 * KIB), 16 * KIB)
  assert.deepEqual([socket.writes, writer.holds], [[], true])
  writer.flush()
  assert.deepEqual([socket.writes, writer.holds], [[16 * KIB + 8], false])
  assert.equal(socket.written, `one two ${'\xe9'.repeat(16 * KIB)}`)
})

test('flushing where nothing was gathered writes nothing', () => {
  const { writer, socket } = start()
  writer.flush()
  writer.text('')
  writer.flush()
  assert.deepEqual(socket.writes, [])
})

test('text is written by itself as soon as there is more than 64 KiB of it', () => {
  const { writer, socket } = start()
  writer.text('x'.repeat(64 * KIB))
  assert.equal(socket.writes.length, 0)
  writer.text('y')
  assert.deepEqual([socket.writes, writer.holds], [[64 * KIB + 1], false])
})

test('large content goes out beside the text, after it and without being copied', () => {
  const { writer, socket } = start()
  const content = bytes(16 * KIB + 1)
  writer.text('head ')
  writer.content(content, content.length)
  assert.deepEqual([socket.writes, writer.holds], [[5, 16 * KIB + 1], false])
  assert.equal(socket.written, `head ${content.toString('latin1')}`)
})

test('a part of a larger array goes out as that part', () => {
  const { writer, socket } = start()
  const whole = new Uint8Array(40 * KIB).fill(65)
  whole.fill(66, 10, 20)
  writer.content(whole.subarray(10, 20), 10)
  writer.content(whole.subarray(10, 20 * KIB), 20 * KIB - 10)
  assert.equal(socket.written, 'B'.repeat(20) + 'A'.repeat(20 * KIB - 20))
})

for (const text of ['abc', 'caf\xe9', '€', '\u{1f600}', '\ud800', 'x'.repeat(20 * KIB), 'é'.repeat(20 * KIB)]) {
  test(`text as content goes out in UTF-8: ${text.length} characters from ${JSON.stringify(text[0])}`, () => {
    const { writer, socket } = start()
    const encoded = Buffer.from(text)
    writer.content(text, encoded.length)
    writer.flush()
    assert.equal(socket.written, encoded.toString('latin1'))
    assert.equal(writer.bytes, encoded.length)
  })
}

test('what goes ahead is written at once, before what was gathered', () => {
  const { writer, socket } = start()
  writer.text('after')
  writer.ahead('before ')
  assert.equal(socket.written, 'before ')
  writer.flush()
  assert.equal(socket.written, 'before after')
  assert.equal(writer.bytes, 12)
})

test('what would go ahead of something that was written is left out', () => {
  const { writer, socket } = start()
  writer.text('gone')
  writer.flush()
  writer.ahead('late')
  assert.deepEqual([socket.written, writer.bytes], ['gone', 4])
})

test('what was gathered can be forgotten, what was written cannot', () => {
  const { writer, socket } = start()
  writer.text('gone')
  writer.flush()
  assert.equal(writer.discard(), false)
  writer.text('not this')
  assert.equal(writer.discard(), true)
  assert.deepEqual([writer.holds, writer.bytes], [false, 4])
  writer.flush()
  assert.equal(socket.written, 'gone')
})

for (const size of [0, 1, 16 * KIB, 16 * KIB + 1, 100 * KIB]) {
  test(`a chunk of ${size} bytes is sent behind what was gathered, between its two texts`, SOON, async () => {
    for (const after of ['', '\r\n']) {
      const { writer, socket } = start()
      writer.text('head ')
      await writer.send('5\r\n', bytes(size), after)
      assert.equal(socket.written, `head 5\r\n${'\xe9'.repeat(size)}${after}`)
      assert.deepEqual([writer.bytes, writer.holds], [socket.written.length, false])
    }
  })
}

test('a small chunk is one write with its head', SOON, async () => {
  const { writer, socket } = start()
  writer.text('head ')
  await writer.send('1\r\n', bytes(1), '\r\n')
  assert.deepEqual(socket.writes, [11])
})

for (const [size, after] of [
  [1, ''],
  [1, '\r\n'],
  [20 * KIB, ''],
  [20 * KIB, '\r\n'],
] as const) {
  const what = `a chunk of ${size} bytes with ${JSON.stringify(after)} behind it`

  test(
    `${what} is sent when the system has taken all of it, and until then is waited for with patience`,
    SOON,
    async () => {
      const { writer, socket } = start()
      socket.stuck = true
      let sent = false
      const sending = writer.send('', bytes(size), after).then(() => {
        sent = true
      })
      await settled()
      assert.deepEqual([sent, socket.watched], [false, true])
      socket.unstick()
      await sending
      await settled()
      assert.equal(socket.written.length, size + after.length)
      assert.deepEqual([socket.watched, writer.blocked], [false, false])
    },
  )

  test(`${what} fails where the connection breaks before it is taken`, SOON, async () => {
    const { writer, socket } = start()
    socket.stuck = true
    const sending = writer.send('', bytes(size), after)
    socket.destroy(new Error('reset'))
    await assert.rejects(sending)
  })
}

test('a socket that was closed before rejects what is sent', SOON, async () => {
  const { writer, socket } = start()
  socket.destroy()
  await once(socket, 'close')
  await assert.rejects(writer.send('', bytes(1), ''))
})

test('a writer is blocked while the socket holds too much, says so once, and drains', SOON, async () => {
  const { writer, socket, heard } = start()
  socket.stuck = true
  writer.content(bytes(100 * KIB), 100 * KIB)
  writer.content(bytes(100 * KIB), 100 * KIB)
  assert.deepEqual([writer.blocked, socket.watched], [true, true])
  assert.equal(socket.listenerCount('drain'), 1)
  const drained = once(socket, 'drain')
  socket.unstick()
  await drained
  assert.deepEqual([writer.blocked, socket.watched, heard], [false, false, ['drained']])
  assert.equal(socket.written.length, 200 * KIB)
})

test('a client that takes nothing for too long is told as stalled, of small writes too', SOON, async () => {
  for (const size of [1, 100 * KIB]) {
    const { writer, socket, stalled } = start(10)
    socket.stuck = true
    const sending = writer.send('', bytes(size), '')
    await awake(stalled)
    socket.destroy()
    await assert.rejects(sending)
  }
})

test('the bytes that leave are those that were given, in their order, however they were given', SOON, async () => {
  const content = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.nat({ max: 40 * KIB }).map((size) => 'y'.repeat(size)),
  )
  const step = fc.oneof(
    fc.record({ do: fc.constant('text' as const), what: fc.constantFrom('', 'head', 'x'.repeat(30 * KIB)) }),
    fc.record({ do: fc.constantFrom('content' as const, 'bytes' as const, 'send' as const), what: content }),
    fc.record({ do: fc.constantFrom('flush' as const), what: fc.constant('') }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 10 }), async (steps) => {
      const { writer, socket } = start()
      let expected = ''
      for (const { do: how, what } of steps) {
        const encoded = Buffer.from(what)
        if (how === 'text') writer.text(what)
        else if (how === 'content') writer.content(what, encoded.length)
        else if (how === 'bytes') writer.content(encoded, encoded.length)
        else if (how === 'send') await writer.send('<', encoded, '>')
        else writer.flush()
        expected += how === 'send' ? `<${encoded.toString('latin1')}>` : encoded.toString('latin1')
        assert.equal(writer.bytes, expected.length)
      }
      writer.flush()
      await settled(1)
      assert.ok(socket.written === expected, 'the bytes differ')
    }),
    runs(100),
  )
})
