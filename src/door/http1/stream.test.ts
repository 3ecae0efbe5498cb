import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { MemorySocket, settled } from '../../../test/support/memory-socket.ts'
import { Headers } from '../../message/headers.ts'
import { Response } from '../../message/response.ts'
import { WrongLength } from '../wrong-length.ts'
import { lastChunk, streamBody } from './stream.ts'
import { Writer } from './writer.ts'

const SOON = { timeout: 20_000 }
type Framing = number | 'chunked' | 'close'

interface Streaming {
  readonly socket: MemorySocket
  readonly writer: Writer
  /** The sizes that were told as sent. */
  readonly told: number[]
  stream(source: AsyncIterator<unknown>, framing: Framing, waits?: boolean): Promise<void>
}

function start(): Streaming {
  const socket = new MemorySocket()
  const writer = new Writer(socket as unknown as Socket, 1000)
  const told: number[] = []
  writer.text('head|')
  return {
    socket,
    writer,
    told,
    stream: (source, framing, waits = false) =>
      streamBody(writer, source as AsyncIterator<Uint8Array>, framing, waits, (bytes) => void told.push(bytes)),
  }
}

async function* sourceOf(...chunks: readonly unknown[]): AsyncGenerator<unknown> {
  yield* chunks
}

/** A source whose chunks come when the test gives them. */
class HandSource implements AsyncIterator<unknown> {
  pulls = 0
  #give: ((result: IteratorResult<unknown>) => void) | undefined = undefined

  next(): Promise<IteratorResult<unknown>> {
    this.pulls++
    return new Promise((resolve) => {
      this.#give = resolve
    })
  }

  give(value: unknown): void {
    this.#give?.({ done: false, value })
  }

  end(): void {
    this.#give?.({ done: true, value: undefined })
  }
}

for (const [framing, written] of [
  [6, 'head|abcdef'],
  ['close', 'head|abcdef'],
  ['chunked', 'head|3\r\nabc\r\n1\r\nd\r\n2\r\nef\r\n'],
] as const) {
  test(`a body with ${framing} as its end is written chunk by chunk, and empty chunks are left out`, SOON, async () => {
    const { socket, stream, told } = start()
    await stream(sourceOf('abc', new Uint8Array(0), Buffer.from('d'), '', new Uint8Array([101, 102]).buffer), framing)
    assert.equal(socket.written, written)
    assert.deepEqual(told, [3, 1, 2])
  })
}

test('the size of a chunk is in hexadecimal, and that of its bytes', SOON, async () => {
  const { socket, stream } = start()
  await stream(sourceOf('é'.repeat(13)), 'chunked')
  assert.match(socket.written, /^head\|1a\r\n/)
})

for (const framing of [0, 'close', 'chunked'] as const) {
  test(`a body of nothing with ${framing} as its end leaves its head to be flushed`, SOON, async () => {
    const { socket, writer, stream, told } = start()
    await stream(sourceOf(), framing, true)
    assert.deepEqual([socket.written, writer.holds, told], ['', true, []])
  })
}

test('a body with more than its head said is an error before the chunk that is too much', SOON, async () => {
  const { socket, stream, told } = start()
  await assert.rejects(stream(sourceOf('abc', 'de'), 4), WrongLength)
  assert.deepEqual([socket.written, told], ['head|abc', [3]])
})

test('a body with less than its head said is an error when it ends', SOON, async () => {
  const { socket, stream } = start()
  await assert.rejects(stream(sourceOf('abc'), 4), { name: 'WrongLength', message: /4 bytes.*only 3/ })
  assert.equal(socket.written, 'head|abc')
})

test('a source that fails before its first chunk leaves the head where it can be taken back', SOON, async () => {
  const failure = new Error('no such thing')
  for (const waits of [true, false]) {
    const { socket, writer, stream } = start()
    await assert.rejects(stream({ next: () => Promise.reject(failure) }, 'chunked', waits), failure)
    await settled()
    assert.deepEqual([socket.written, writer.discard()], ['', true])
  }
})

test('a source that fails later, and one that gives what is no bytes, fail the body', SOON, async () => {
  const failing = async function* (): AsyncGenerator<unknown> {
    yield 'abc'
    throw new RangeError('broken')
  }
  const { socket, stream } = start()
  await assert.rejects(stream(failing(), 'close'), RangeError)
  assert.equal(socket.written, 'head|abc')
  for (const wrong of [5, null, {}]) await assert.rejects(start().stream(sourceOf(wrong), 'close'), TypeError)
})

test('a head does not wait for long for the first chunk of a slow source', SOON, async () => {
  const { socket, stream } = start()
  const source = new HandSource()
  const streaming = stream(source, 'close')
  assert.equal(socket.written, '')
  await settled()
  assert.equal(socket.written, 'head|')
  source.give('late')
  await settled()
  assert.equal(socket.written, 'head|late')
  source.end()
  await streaming
})

test('a head waits as long as it takes where the source gives at once or never', SOON, async () => {
  const { socket, stream } = start()
  const source = new HandSource()
  const streaming = stream(source, 'close', true)
  await settled(5)
  assert.equal(socket.written, '')
  source.give('late')
  await settled()
  assert.equal(socket.written, 'head|late')
  source.end()
  await streaming
})

test('a source is pulled again only when the client has taken its last chunk', SOON, async () => {
  const { socket, stream, told } = start()
  const source = new HandSource()
  socket.stuck = true
  const streaming = stream(source, 'close', true)
  source.give('abc')
  await settled(5)
  assert.deepEqual([source.pulls, told], [1, [3]])
  socket.unstick()
  await settled()
  assert.equal(source.pulls, 2)
  source.end()
  await streaming
})

test('a chunk may be filled anew once the next one is pulled', SOON, async () => {
  const buffer = Buffer.alloc(40_000)
  const refilling = async function* (): AsyncGenerator<unknown> {
    for (const letter of 'abc') yield buffer.fill(letter)
  }
  const { socket, stream } = start()
  await stream(refilling(), 'close')
  assert.equal(socket.written, `head|${'a'.repeat(40_000)}${'b'.repeat(40_000)}${'c'.repeat(40_000)}`)
})

test('a body whose connection breaks is an error, and its source is pulled no more', SOON, async () => {
  const { socket, stream } = start()
  const source = new HandSource()
  socket.on('error', () => {})
  const streaming = stream(source, 'close', true)
  socket.destroy()
  source.give('abc')
  await assert.rejects(streaming)
  assert.equal(source.pulls, 1)
})

test(
  'the last chunk has the trailers for a client that takes them, and their maker is asked for no other',
  SOON,
  async () => {
    let asked = 0
    const trailers = async (): Promise<Headers> => {
      asked++
      return new Headers([
        ['Digest', 'x'],
        ['Content-Length', '5'],
        ['Transfer-Encoding', 'chunked'],
        ['Server-Timing', 'y'],
      ])
    }
    const response = new Response('', { trailers })
    assert.equal(await lastChunk(response, false), '0\r\n\r\n')
    assert.equal(asked, 0)
    assert.equal(await lastChunk(response, true), '0\r\nDigest: x\r\nServer-Timing: y\r\n\r\n')
    assert.equal(await lastChunk(new Response(''), true), '0\r\n\r\n')
    assert.equal(await lastChunk(new Response('', { trailers: () => new Headers() }), true), '0\r\n\r\n')
  },
)
