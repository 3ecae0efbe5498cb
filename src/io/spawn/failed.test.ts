import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { test } from 'node:test'
import { nameOfError } from './failed.ts'

test('errors of the C library have the names by which they are known', () => {
  for (const name of ['ENOENT', 'EACCES', 'EAGAIN', 'ENOMEM', 'E2BIG', 'ETXTBSY'] as const) {
    assert.equal(nameOfError(constants.errno[name]), name)
  }
  assert.equal(nameOfError(9999), 'error 9999')
})
