import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../test/support/property.ts'
import { AnswerBody } from './answer-body.ts'

const OWNER = { pause() {}, resume() {}, abandoned() {}, tooLong() {} }

/** Writes pieces into one buffer, as sockets are read. */
function pushed(body: AnswerBody, pieces: readonly Uint8Array[]): Buffer {
  const shared = Buffer.alloc(70_000)
  for (const piece of pieces) {
    shared.set(piece)
    body.push(shared.subarray(0, piece.byteLength))
    shared.fill('!')
  }
  return Buffer.concat(pieces)
}

async function read(body: AnswerBody): Promise<Buffer[]> {
  const pieces: Buffer[] = []
  for await (const piece of body) pieces.push(Buffer.from(piece))
  return pieces
}

test('what a program writes byte by byte is held in few pieces', async () => {
  const body = new AnswerBody(OWNER, undefined, false)
  const bytes = Array.from({ length: 65536 }, (_, i) => Uint8Array.of(i))
  const all = pushed(body, bytes)
  body.end()
  const pieces = await read(body)
  assert.ok(pieces.length < 50, `${pieces.length} pieces`)
  assert.deepEqual(Buffer.concat(pieces), all)
})

test('pieces of any size come out as they came in, read late, at once, or whole', async () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9000 })), { maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(sizes, sizes, fc.boolean(), async (early, late, whole) => {
      const body = new AnswerBody(OWNER, undefined, false)
      const made = (list: number[]): Buffer[] => list.map((size, i) => Buffer.alloc(size, i + 1))
      const first = pushed(body, made(early))
      if (whole) {
        body.end()
        assert.deepEqual(Buffer.from(body.whole() ?? ''), first)
        return
      }
      const reading = read(body)
      await new Promise((resolve) => setImmediate(resolve))
      const second = pushed(body, made(late))
      body.end()
      assert.deepEqual(Buffer.concat(await reading), Buffer.concat([first, second]))
    }),
    runs(200),
  )
})
