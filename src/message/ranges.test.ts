import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type ByteRange, MAX_RANGES, parseRanges } from './ranges.ts'

function pairs(found: ReturnType<typeof parseRanges>): readonly (readonly [number, number])[] | string {
  return typeof found === 'string' ? found : found.map(({ start, end }) => [start, end] as const)
}

for (const [what, field, size, expected] of [
  ['a single range', 'bytes=0-0', 10, [[0, 1]]],
  ['a single range', 'bytes=2-5', 10, [[2, 6]]],
  ['the last byte by its place', 'bytes=9-9', 10, [[9, 10]]],
  ['all of it', 'bytes=0-9', 10, [[0, 10]]],
  ['an open range', 'bytes=4-', 10, [[4, 10]]],
  ['an open range from the start', 'bytes=0-', 10, [[0, 10]]],
  ['a suffix', 'bytes=-3', 10, [[7, 10]]],
  ['a suffix longer than the content', 'bytes=-30', 10, [[0, 10]]],
  ['a range past the end', 'bytes=5-99', 10, [[5, 10]]],
  ['a range past all numbers', `bytes=5-${'9'.repeat(400)}`, 10, [[5, 10]]],
  ['the unit in capitals', 'BYTES=1-2', 10, [[1, 3]]],
  [
    'white space and empty members',
    'bytes= 1-2 ,, \t4-5,',
    10,
    [
      [1, 3],
      [4, 6],
    ],
  ],
  [
    'several in the order asked',
    'bytes=6-7,0-1',
    10,
    [
      [6, 8],
      [0, 2],
    ],
  ],
  [
    'single, open and suffix',
    'bytes=0-0,8-,-1',
    10,
    [
      [0, 1],
      [8, 10],
    ],
  ],
  ['one past the end among others', 'bytes=20-30,0-1,-0', 10, [[0, 2]]],
] as const) {
  test(`${what}: ${field.slice(0, 40)} (RFC 9110 §14.1.2)`, () => {
    assert.deepEqual(pairs(parseRanges(field, size)), expected)
  })
}

for (const [what, field, expected] of [
  ['overlapping', 'bytes=0-4,3-6', [[0, 7]]],
  ['touching', 'bytes=0-4,5-6', [[0, 7]]],
  ['one within another', 'bytes=0-8,3-4', [[0, 9]]],
  ['equal', 'bytes=1-2,1-2', [[1, 3]]],
  [
    'one byte between: apart',
    'bytes=0-4,6-6',
    [
      [0, 5],
      [6, 7],
    ],
  ],
  ['a chain, all in one', 'bytes=6-8,3-5,0-2', [[0, 9]]],
  [
    'where the first of them stood',
    'bytes=5-6,0-0,6-7,2-2',
    [
      [5, 8],
      [0, 1],
      [2, 3],
    ],
  ],
  [
    'where an earlier one stood',
    'bytes=8-8,2-3,5-5,3-4',
    [
      [8, 9],
      [2, 6],
    ],
  ],
] as const) {
  test(`${what} ranges: ${field} (RFC 9110 §15.3.7.2)`, () => {
    assert.deepEqual(pairs(parseRanges(field, 10)), expected)
  })
}

for (const field of ['bytes=10-', 'bytes=10-20', 'bytes=-0', 'bytes=99-,10-11', `bytes=${'9'.repeat(400)}-`]) {
  test(`${field.slice(0, 20)} of ten bytes is unsatisfiable (RFC 9110 §15.5.17)`, () => {
    assert.equal(parseRanges(field, 10), 'unsatisfiable')
  })
}

for (const field of [
  'items=0-1',
  'bytes',
  'bytesx',
  'bytes 0-1',
  '=0-1',
  'bytes=',
  'bytes=,',
  'bytes=-',
  'bytes=a-b',
  'bytes=1',
  'bytes=1-2-3',
  'bytes=--1',
  'bytes=+1-2',
  'bytes=1 -2',
  'bytes=1-2;3-4',
  'bytes=5-2',
  'bytes=0-1,5-2',
  'bytes=0-1,x',
  'bytes=0-1, bytes=3-4',
  'bytes=0x1-2',
  'bytes=1.0-2',
  ' bytes=0-1',
]) {
  test(`${field} is ignored: no range of bytes by RFC 9110 §14.1.1, §14.2`, () => {
    assert.equal(parseRanges(field, 10), 'whole')
  })
}

test('of an empty content no place exists, but every suffix is the whole of it (RFC 9110 §14.1.1)', () => {
  assert.equal(parseRanges('bytes=0-', 0), 'unsatisfiable')
  assert.equal(parseRanges('bytes=0-0', 0), 'unsatisfiable')
  assert.equal(parseRanges('bytes=-0', 0), 'unsatisfiable')
  assert.equal(parseRanges('bytes=-5', 0), 'whole')
  assert.equal(parseRanges('bytes=0-,-5', 0), 'whole')
})

test(`more than ${MAX_RANGES} ranges are ignored, whatever they come to (RFC 9110 §17.15)`, () => {
  assert.equal(MAX_RANGES, 16)
  const some = (count: number, step: number): string =>
    `bytes=${Array.from({ length: count }, (_, i) => `${i * step}-${i * step}`).join()}`
  assert.equal(parseRanges(some(16, 2), 100).length, 16)
  assert.equal(parseRanges(some(17, 2), 100), 'whole')
  assert.equal(parseRanges(some(17, 0), 100), 'whole')
  assert.equal(parseRanges(some(17, 1000), 1), 'whole')
})

const spec = fc.oneof(
  fc.tuple(fc.nat(60), fc.nat(60)).map(([first, length]) => `${first}-${first + length}`),
  fc.nat(60).map((first) => `${first}-`),
  fc.nat(60).map((length) => `-${length}`),
)

test('ranges lie within the content, apart from each other, and hold just the bytes that were asked for', () => {
  fc.assert(
    fc.property(
      fc.array(spec, { minLength: 1, maxLength: MAX_RANGES }),
      fc.integer({ min: 1, max: 50 }),
      (specs, size) => {
        const asked = new Set<number>()
        for (const one of specs) {
          const [first = '', last = ''] = one.split('-')
          const from = first === '' ? Math.max(0, size - Number(last)) : Number(first)
          const to = first === '' || last === '' ? size - 1 : Math.min(size - 1, Number(last))
          for (let i = from; i <= to; i++) asked.add(i)
        }
        const found = parseRanges(`bytes=${specs.join()}`, size)
        if (found === 'unsatisfiable') return assert.equal(asked.size, 0)
        assert.ok(found !== 'whole')
        const bytes = (found as readonly ByteRange[]).flatMap(({ start, end }) => {
          assert.ok(0 <= start && start < end && end <= size, `${start}-${end} of ${size}`)
          return Array.from({ length: end - start }, (_, i) => start + i)
        })
        assert.ok(bytes.length <= size)
        assert.deepEqual(
          bytes.sort((a, b) => a - b),
          [...asked].sort((a, b) => a - b),
        )
        const sorted = [...found].sort((a, b) => a.start - b.start)
        for (const [i, range] of sorted.entries())
          assert.ok(i === 0 || range.start > (sorted[i - 1]?.end ?? 0), 'merged')
      },
    ),
    { numRuns: 1000 },
  )
})

test('white space within a range is read once, however much there is of it', () => {
  assert.equal(parseRanges(`bytes=1-${' '.repeat(1_000_000)}x`, 10), 'whole')
})
