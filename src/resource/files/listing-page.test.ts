import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listingPage } from './listing-page.ts'

const SIZES: readonly (readonly [number, string])[] = [
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [10 * 1024, '10 KiB'],
  [1023.4 * 1024, '1023 KiB'],
  [1024 * 1024 - 1, '1.0 MiB'],
  [1024 ** 3, '1.0 GiB'],
  [1023 * 1024 ** 5, '1023 PiB'],
  [5000 * 1024 ** 5, '5000 PiB'],
]

test('sizes are told in the largest unit that gives at least one', () => {
  for (const [size, told] of SIZES) {
    const entry = { name: 'a', kind: 'file', size, modified: 0, type: 'text/plain' } as const
    const page = listingPage('/', '', [entry], { by: 'name', descending: false }, false)
    assert.ok(page.includes(`<td>${told}</td>`), `${size}: ${told}`)
  }
})
