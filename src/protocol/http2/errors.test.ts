import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HpackError } from './errors.ts'

test('an HPACK error is known by its class and its name', () => {
  const error = new HpackError('there is no entry 0')
  assert.deepEqual([error instanceof Error, error.name, error.message], [true, 'HpackError', 'there is no entry 0'])
})
