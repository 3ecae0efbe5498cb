import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { HeadReader, HeadTooLarge } from './head-reader.ts'
import { requestHead, ScgiFault, scgiVariables } from './request.ts'

/** Gives a reader the bytes, cut where it is said. Returns the variables and what is left, or undefined where more is needed. */
function readIn(text: string, cuts: readonly number[], most: number = 65536) {
  const reader = new HeadReader(most)
  const bytes = Buffer.from(text, 'latin1')
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.byteLength + 1)))].sort((a, b) => a - b)
  let from = 0
  for (const to of [...ends, bytes.byteLength]) {
    const piece = Buffer.from(bytes.subarray(from, to))
    const at = reader.take(piece)
    // The next read of any connection takes its place.
    piece.fill('!')
    if (at >= 0) return { variables: reader.variables, rest: text.slice(from + at) }
    from = to
  }
  return undefined
}

const netstring = (text: string): string => `${text.length}:${text},`
const list = (...strings: string[]): string => netstring(strings.map((text) => `${text}\0`).join(''))

test('what was written is read, in whatever pieces it comes', () => {
  const word = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((c) => String.fromCharCode(c)), maxLength: 40 })
  const name = word.filter((text) => text !== '' && text !== 'SCGI' && text !== 'CONTENT_LENGTH')
  const variables = fc
    .uniqueArray(fc.tuple(name, word), { selector: ([key]) => key, maxLength: 20 })
    .map((pairs) => pairs.flat())
  fc.assert(
    fc.property(variables, fc.array(fc.nat()), word, (given, cuts, content) => {
      const read = readIn(requestHead(given) + content, cuts)
      assert.deepEqual(read?.variables, scgiVariables(given))
      assert.equal(read?.rest, content)
    }),
    runs(400),
  )
})

test('any bytes are variables, are refused as no SCGI, or are not enough; the pieces make no difference', () => {
  const seed = fc.constantFrom(
    ...'0123456789:,\0CS',
    'CONTENT_LENGTH\0',
    '0\0SCGI\x001\0',
    'SCGI\x001\0',
    'HTTP_A\0b\0',
  )
  const text = fc
    .array(seed, { maxLength: 12 })
    .chain((parts) => fc.constantFrom(parts.join(''), netstring(parts.join(''))))
  const outcome = (bytes: string, cuts: readonly number[]): unknown => {
    try {
      return readIn(bytes, cuts, 200)?.variables
    } catch (error) {
      assert.ok(error instanceof ScgiFault)
      return error.message
    }
  }
  fc.assert(
    fc.property(text, fc.array(fc.nat()), (bytes, cuts) => {
      assert.deepEqual(outcome(bytes, cuts), outcome(bytes, []))
    }),
    runs(1000),
  )
})

const GOOD = list('CONTENT_LENGTH', '0', 'SCGI', '1', 'A', 'b')

test('at each position but the end, more is needed', () => {
  for (let end = 0; end < GOOD.length; end++) assert.equal(readIn(GOOD.slice(0, end), [end >> 1]), undefined)
  assert.equal(readIn(GOOD, [])?.rest, '')
})

for (const [what, text, message] of [
  ['HTTP', 'GET / HTTP/1.1\r\n', /length in digits/],
  ['a length that is missing', ':,', /length in digits/],
  ['zeros before the length', `0${GOOD}`, /zero before it/],
  ['a sign', `+${GOOD}`, /length in digits/],
  ['a space', GOOD.replace(':', ' :'), /length in digits/],
  ['no comma at the end', `${GOOD.slice(0, -1)};`, /no comma/],
  ['no NUL at the end', netstring('CONTENT_LENGTH\x000\0SCGI\x001'), /no NUL/],
  ['no variables', '0:,', /no NUL/],
  ['a name without a value', list('CONTENT_LENGTH', '0', 'SCGI', '1', 'A'), /without its value/],
  ['a name that is empty', list('CONTENT_LENGTH', '0', 'SCGI', '1', '', 'b'), /no name/],
  ['CONTENT_LENGTH elsewhere', list('SCGI', '1', 'CONTENT_LENGTH', '0'), /not the first/],
  ['no CONTENT_LENGTH', list('SCGI', '1'), /not the first/],
  ['an empty CONTENT_LENGTH', list('CONTENT_LENGTH', '', 'SCGI', '1'), /no length/],
  ['a CONTENT_LENGTH with a sign', list('CONTENT_LENGTH', '-1', 'SCGI', '1'), /no length/],
  ['another version', list('CONTENT_LENGTH', '0', 'SCGI', '2'), /SCGI is not 1/],
  ['no version', list('CONTENT_LENGTH', '0'), /SCGI is not 1/],
  ['CONTENT_LENGTH twice', list('CONTENT_LENGTH', '0', 'SCGI', '1', 'CONTENT_LENGTH', '9'), /CONTENT_LENGTH stands/],
  ['a variable twice', list('CONTENT_LENGTH', '0', 'SCGI', '1', 'REMOTE_USER', '', 'REMOTE_USER', 'a'), /REMOTE_USER/],
] as const) {
  test(`${what} is refused`, () => {
    assert.throws(() => readIn(text, []), message)
    assert.throws(() => readIn(text, [1, 2, 20]), message)
  })
}

test('a field that nginx sends twice is there twice', () => {
  const variables = ['CONTENT_LENGTH', '0', 'SCGI', '1', 'HTTP_A', 'b', 'HTTP_A', 'c']
  assert.deepEqual(readIn(list(...variables), [])?.variables, variables)
})

test('a head beyond what is allowed is refused by its length alone', () => {
  const reader = new HeadReader(100)
  assert.equal(reader.take(Buffer.from('10')), -1)
  assert.throws(() => reader.take(Buffer.from('1')), HeadTooLarge)
  assert.equal(new HeadReader(100).take(Buffer.from('100:')), -1)
  assert.throws(() => new HeadReader(100).take(Buffer.from('9'.repeat(400))), HeadTooLarge)
})
