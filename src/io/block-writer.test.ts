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

test('what is given in any pieces is written in order, though each piece is overwritten at once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 300_000 }), { maxLength: 8 }),
      fc.nat({ max: 500_000 }),
      async (sizes, expected) => {
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
      },
    ),
    runs(30),
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
