import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { ConnectionFault, FRAME_SIZE_ERROR } from './codes.ts'
import { FrameReader, type FrameReceiver } from './frame-reader.ts'
import { putFrameHead } from './frames.ts'

interface Told {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: string
}

class Receiver implements FrameReceiver {
  readonly told: Told[] = []

  frame(type: number, flags: number, stream: number, bytes: Uint8Array, from: number, to: number): void {
    this.told.push({ type, flags, stream, payload: Buffer.from(bytes.subarray(from, to)).toString('latin1') })
  }
}

function bytesOf({ type, flags, stream, payload }: Told): Buffer {
  const head = Buffer.alloc(9)
  putFrameHead(head, 0, payload.length, type, flags, stream)
  return Buffer.concat([head, Buffer.from(payload, 'latin1')])
}

function feed(reader: FrameReader, receiver: FrameReceiver, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength; ) at = reader.step(bytes, at, receiver)
}

const told: fc.Arbitrary<Told> = fc.record(
  {
    type: fc.nat({ max: 255 }),
    flags: fc.nat({ max: 255 }),
    stream: fc.nat({ max: 2 ** 31 - 1 }),
    payload: fc.oneof(
      fc.string({ maxLength: 30, unit: 'binary-ascii' }),
      fc.constantFrom('', 'x'.repeat(16384), 'y'.repeat(16383)),
    ),
  },
  { noNullPrototype: true },
)

test('frames are told as they were sent, however they are cut in pieces', () => {
  const check = fc.property(
    fc.array(told, { maxLength: 8 }),
    fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 20 }),
    (frames, cuts) => {
      const bytes = Buffer.concat(frames.map(bytesOf))
      const reader = new FrameReader()
      const receiver = new Receiver()
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const end = at + (cuts[i % cuts.length] ?? 1)
        // As with sockets, which all read into one buffer: what is kept without a copy is spoiled.
        const piece = Buffer.from(bytes.subarray(at, end))
        feed(reader, receiver, piece)
        piece.fill('!')
        at = end
      }
      assert.deepEqual(receiver.told, frames)
      assert.equal(reader.begun, false)
    },
  )
  fc.assert(check, runs(200))
})

test('frames that come byte by byte are told when they are whole', () => {
  const reader = new FrameReader()
  const receiver = new Receiver()
  const one = { type: 1, flags: 2, stream: 3, payload: 'abc' }
  for (const [i, byte] of bytesOf(one).entries()) {
    assert.equal(receiver.told.length, 0, String(i))
    feed(reader, receiver, Buffer.from([byte]))
    assert.equal(reader.begun, i < 11)
  }
  assert.deepEqual(receiver.told, [one])
})

test('a frame that is too large is refused as soon as its size is known', () => {
  const large = Buffer.from([0, 0x40, 1, 0, 0, 0, 0, 0, 1])
  for (const pieces of [[large], [large.subarray(0, 4), large.subarray(4)]]) {
    const reader = new FrameReader()
    assert.throws(
      () => {
        for (const piece of pieces) feed(reader, new Receiver(), piece)
      },
      (error) => error instanceof ConnectionFault && error.code === FRAME_SIZE_ERROR,
    )
  }
})

test('what the receiver throws ends the reading', () => {
  const reader = new FrameReader()
  const receiver: FrameReceiver = {
    frame: () => {
      throw new RangeError('enough')
    },
  }
  assert.throws(() => feed(reader, receiver, bytesOf({ type: 0, flags: 0, stream: 1, payload: '' })), RangeError)
})
