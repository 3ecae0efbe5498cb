import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FastCgiFault } from './fault.ts'
import { nameValue, nameValues, paramsStream, readNameValues } from './name-values.ts'
import { RecordReader } from './record-reader.ts'
import { bytesOf } from './records.ts'

const bytes = fc.string({ unit: fc.nat(255).map((n) => String.fromCharCode(n)), maxLength: 300 })

test('name-value pairs read back (§3.4)', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(bytes, bytes)), (pairs) => {
      assert.deepEqual(readNameValues(nameValues(pairs.flat())), pairs.flat())
    }),
  )
})

test('lengths up to 127 take one byte, others four', () => {
  assert.equal(nameValue('A', 'b'), '\x01\x01Ab')
  assert.equal(nameValue('n'.repeat(127), ''), `\x7f\0${'n'.repeat(127)}`)
  assert.equal(nameValue('n'.repeat(128), 'v'), `\x80\0\0\x80\x01${'n'.repeat(128)}v`)
})

test('pairs that are cut anywhere are a fault', () => {
  const text = nameValue('NAME', 'v'.repeat(200))
  for (let end = 1; end < text.length; end++) assert.throws(() => readNameValues(text.slice(0, end)), FastCgiFault)
  assert.throws(() => readNameValues('\xff\xff\xff\xff\xff\xff\xff\xff'), FastCgiFault)
})

for (const [what, list] of [
  ['nothing', []],
  ['a few', ['A', '1', 'B', '2']],
  ['many', Array.from({ length: 4000 }, (_, i) => `NAME${i}`)],
  ['large ones', ['A', 'a'.repeat(40000), 'B', 'b'.repeat(40000), 'C', 'c']],
  ['one larger than a record', ['A', 'a'.repeat(200000), 'B', 'b']],
] as const) {
  test(`the PARAMS stream of ${what} reads back, ends, and cuts no pair that fits a record`, () => {
    let text = ''
    let ended = false
    const lengths: number[] = []
    new RecordReader().read(bytesOf(paramsStream(5, list)), {
      record: (type, id, content) => {
        assert.deepEqual([type, id, ended], [4, 5, false])
        if (content.byteLength === 0) ended = true
        text += Buffer.from(content).toString('latin1')
        lengths.push(content.byteLength)
        if (what !== 'one larger than a record') readNameValues(Buffer.from(content).toString('latin1'))
      },
    })
    assert.equal(ended, true)
    assert.deepEqual(readNameValues(text), [...list])
  })
}
