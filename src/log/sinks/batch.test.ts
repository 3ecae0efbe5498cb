import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../../test/support/property.ts'
import { Batch, Filling } from './batch.ts'

test('lines come out as they went in, with line ends and characters of any size within', () => {
  const line = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constantFrom('', '\n', 'a\n  b', '€', '😀'))
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), fc.integer({ min: 1, max: 300 }), (lines, size) => {
      const filling = new Filling(Buffer.alloc(size))
      const taken: string[] = []
      for (const one of lines) if (filling.add(one) > 0) taken.push(one)
      for (const batch of [filling.batch(), Batch.of(taken)]) {
        assert.equal(batch.count, taken.length)
        assert.deepEqual(batch.lines, taken)
        assert.equal(batch.text, taken.join('\n'))
        assert.equal(batch.bytes.toString(), taken.map((one) => `${one}\n`).join(''))
      }
    }),
    runs(300),
  )
})

test('a line that might not fit is not begun', () => {
  const filling = new Filling(Buffer.alloc(10, '.'))
  assert.equal(filling.add('abc'), 4)
  assert.equal(filling.add('de'), 0)
  assert.equal(filling.size, 4)
  assert.equal(filling.batch().bytes.toString(), 'abc\n')
})
