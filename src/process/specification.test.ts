import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ApplicationSpec, checkSpec } from './specification.ts'

const GOOD = {
  name: 'app /a',
  command: ['a'],
  processes: { min: 1, max: 1 },
  connections: 1,
  timeouts: { start: 1, stop: 1, idle: 1 },
}

const WRONG: readonly [given: object, message: RegExp][] = [
  [{ command: [] }, /app \/a: its command is empty/],
  [{ command: [''] }, /its command is empty/],
  [{ processes: { min: 0, max: 1 } }, /the least number of processes/],
  [{ processes: { min: 1.5, max: 2 } }, /the least number of processes/],
  [{ processes: { min: 2, max: 1 } }, /the greatest number/],
  [{ connections: 0 }, /one request at least/],
  [{ connections: Number.NaN }, /one request at least/],
  [{ timeouts: { start: 1, stop: 0, idle: 1 } }, /times are milliseconds above 0/],
]

test('numbers that make no sense are refused', () => {
  checkSpec(GOOD as unknown as ApplicationSpec)
  for (const [given, message] of WRONG) {
    assert.throws(() => checkSpec({ ...GOOD, ...given } as unknown as ApplicationSpec), { name: 'RangeError', message })
  }
})
