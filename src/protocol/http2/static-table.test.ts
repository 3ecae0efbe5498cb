import assert from 'node:assert/strict'
import { test } from 'node:test'
import { STATIC_COUNT, STATIC_INDEX, STATIC_NAMES, STATIC_VALUES } from './static-table.ts'

/** Rows of RFC 7541 Appendix A. */
const ROWS: readonly (readonly [number, string, string])[] = [
  [1, ':authority', ''],
  [2, ':method', 'GET'],
  [3, ':method', 'POST'],
  [4, ':path', '/'],
  [7, ':scheme', 'https'],
  [8, ':status', '200'],
  [14, ':status', '500'],
  [15, 'accept-charset', ''],
  [16, 'accept-encoding', 'gzip, deflate'],
  [19, 'accept', ''],
  [28, 'content-length', ''],
  [33, 'date', ''],
  [46, 'location', ''],
  [55, 'set-cookie', ''],
  [61, 'www-authenticate', ''],
]

test('the static table is that of RFC 7541 Appendix A', () => {
  assert.deepEqual([STATIC_COUNT, STATIC_NAMES.length, STATIC_VALUES.length], [61, 62, 62])
  assert.deepEqual(
    ROWS.map(([index]) => [index, STATIC_NAMES[index], STATIC_VALUES[index]]),
    ROWS,
  )
})

test('a name has the index of its first entry', () => {
  const names = [':method', ':path', ':status', 'date', '']
  assert.deepEqual(
    names.map((name) => STATIC_INDEX.get(name)),
    [2, 4, 8, 33, undefined],
  )
  assert.equal(STATIC_INDEX.size, 52)
})
