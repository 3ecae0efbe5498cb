import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import { fc, runs } from '../../test/support/property.ts'
import { BlockWriter } from './block-writer.ts'

function opened(t: TestContext, flags = 'w'): { fd: number; path: string } {
  const path = join(makeFolder({ there: 'x' }), 'there')
  const fd = openSync(path, flags)
  t.after(() => closeSync(fd))
  return { fd, path }
}

/** Pieces from nothing to some blocks: were they large where a block is one byte, each byte would be a write. */
function piecesOf(expected: number): fc.Arbitrary<readonly [number, number[]]> {
  const most = Math.min(300_000, 20 + expected * 4)
  return fc.tuple(fc.constant(expected), fc.array(fc.nat({ max: most }), { maxLength: 8 }))
}

test('what is given in any pieces is written in order, though each piece is overwritten at once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 500_000 }).chain(piecesOf), async ([expected, sizes]) => {
      const path = join(makeFolder(), 'f')
      const fd = openSync(path, 'w')
      const writer = new BlockWriter(fd, expected)
      const whole: Buffer[] = []
      for (const [i, size] of sizes.entries()) {
        const piece = Buffer.alloc(size, i + 1)
        whole.push(Buffer.from(piece))
        await writer.write(piece)
        piece.fill(255)
      }
      await writer.end()
      closeSync(fd)
      assert.ok(Buffer.concat(whole).equals(readFileSync(path)))
      assert.equal(
        writer.size,
        sizes.reduce((a, b) => a + b, 0),
      )
    }),
    runs(100),
  )
})

test('an error is told to whoever gives more, or waits for the end, and to nobody else', async (t) => {
  const { fd } = opened(t, 'r')
  const giving = new BlockWriter(fd, 10)
  await assert.rejects(
    async () => {
      for (let i = 0; i < 100; i++) await giving.write(Buffer.alloc(10))
    },
    { code: 'EBADF' },
  )
  await giving.settled()
  const ending = new BlockWriter(fd, 10)
  assert.equal(ending.write(Buffer.alloc(5)), undefined)
  await assert.rejects(ending.end(), { code: 'EBADF' })
  await ending.settled()
})
