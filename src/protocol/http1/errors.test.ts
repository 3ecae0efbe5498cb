import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtocolError } from './errors.ts'

test('a protocol error tells the status for the client and a word for the log', () => {
  const error = new ProtocolError(431, 'head-limit', 'too large')
  assert.deepEqual(
    [error.status, error.code, error.message, error.name, error instanceof Error],
    [431, 'head-limit', 'too large', 'ProtocolError', true],
  )
})
