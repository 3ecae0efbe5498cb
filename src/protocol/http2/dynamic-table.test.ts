import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { DynamicTable } from './dynamic-table.ts'

function entriesOf(table: DynamicTable): string[] {
  return Array.from({ length: table.count }, (_, i) => `${table.name(i + 1)}=${table.value(i + 1)}`)
}

test('the newest entry is number 1', () => {
  const table = new DynamicTable(4096)
  table.add('a', '1')
  table.add('b', '2')
  assert.deepEqual(entriesOf(table), ['b=2', 'a=1'])
})

test('old entries make room for a new one; one that fits nowhere empties the table (RFC 7541 §4.4)', () => {
  const table = new DynamicTable(2 * 34)
  for (const name of ['a', 'b', 'c']) table.add(name, '1')
  assert.deepEqual(entriesOf(table), ['c=1', 'b=1'])
  table.add('d', '22')
  assert.deepEqual(entriesOf(table), ['d=22'])
  table.add('e', 'x'.repeat(35))
  assert.deepEqual(entriesOf(table), [`e=${'x'.repeat(35)}`])
  table.add('f', 'x'.repeat(36))
  assert.deepEqual(entriesOf(table), [])
})

test('a smaller capacity drops entries at once, and a larger one brings none back (RFC 7541 §4.3)', () => {
  const table = new DynamicTable(4096)
  for (const name of ['a', 'b', 'c']) table.add(name, '1')
  table.resize(2 * 34 + 33)
  assert.deepEqual(entriesOf(table), ['c=1', 'b=1'])
  table.resize(0)
  table.resize(4096)
  assert.deepEqual(entriesOf(table), [])
})

test('any row of changes leaves what a plain list would have', () => {
  const change = fc.oneof(
    { weight: 30, arbitrary: fc.string({ maxLength: 30 }) },
    { weight: 1, arbitrary: fc.nat(4096) },
    { weight: 1, arbitrary: fc.constant('clear' as const) },
  )
  fc.assert(
    fc.property(fc.array(change, { maxLength: 400, size: 'max' }), (changes) => {
      const table = new DynamicTable(2048)
      let plain: string[] = []
      for (const [i, what] of changes.entries()) {
        if (typeof what === 'number') table.resize(what)
        else if (what === 'clear') table.clear()
        else table.add(String(i), what)
        if (what === 'clear') plain = []
        else if (typeof what === 'string') plain.unshift(`${i}=${what}`)
        const sizes = plain.map((entry) => entry.length - 1 + 32)
        while (sizes.reduce((sum, size) => sum + size, 0) > table.capacity) {
          sizes.pop()
          plain.pop()
        }
        assert.deepEqual(entriesOf(table), plain)
      }
    }),
    runs(30),
  )
})
