import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ownCopy } from './own-copy.ts'

test('any text is the same after it was copied', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => ownCopy(text) === text))
  assert.equal(ownCopy('\ud800"\\\n'), '\ud800"\\\n')
})
