import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TARGET, TOKEN, VALUE } from './bytes.ts'

function allowed(table: Uint8Array): string {
  return [...table.keys()]
    .filter((c) => table[c] === 1)
    .map((c) => String.fromCharCode(c))
    .join('')
}

test('tokens are made of tchar (RFC 9110 §5.6.2)', () => {
  assert.match(allowed(TOKEN), /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{77}$/)
})

test('targets are made of visible ASCII but no fragment (RFC 9112 §3.2)', () => {
  assert.match(allowed(TARGET), /^[\x21-\x7e]{93}$/)
  assert.equal(TARGET['#'.charCodeAt(0)], 0)
})

test('values are made of visible ASCII, space, tab and obs-text (RFC 9110 §5.5)', () => {
  assert.match(allowed(VALUE), /^[\t\x20-\x7e\x80-\xff]{224}$/)
})
