import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { ChunkedDecoder, type TrailerLimits } from './chunked.ts'
import { ProtocolError } from './errors.ts'

const LIMITS: TrailerLimits = { head: 16384, fields: 200 }

interface Decoded {
  readonly body: string
  readonly trailers: string
  /** What was not taken. */
  readonly rest: string
}

/** Decodes pieces one after the other; undefined where the end was not reached. @throws ProtocolError */
function decodePieces(pieces: readonly string[], limits: TrailerLimits = LIMITS): Decoded | undefined {
  const decoder = new ChunkedDecoder(limits)
  let body = ''
  for (const [n, piece] of pieces.entries()) {
    const bytes = Buffer.from(piece, 'latin1')
    for (let at = 0; at < bytes.byteLength; ) {
      if (decoder.done) {
        return { body, trailers: decoder.trailers, rest: piece.slice(at) + pieces.slice(n + 1).join('') }
      }
      const next = decoder.step(bytes, at)
      assert.ok(next > at, 'no step stands still')
      if (decoder.data !== undefined) body += Buffer.from(decoder.data).toString('latin1')
      at = next
    }
  }
  return decoder.done ? { body, trailers: decoder.trailers, rest: '' } : undefined
}

function verdictOf(pieces: readonly string[], limits: TrailerLimits = LIMITS): string {
  try {
    const decoded = decodePieces(pieces, limits)
    return decoded === undefined ? 'more' : `${decoded.body}|${decoded.trailers}|${decoded.rest}`
  } catch (error) {
    assert.ok(error instanceof ProtocolError)
    return `refused ${error.status}`
  }
}

/** The one verdict on a body: whole, byte by byte, and cut in two at every byte. */
function verdict(text: string, limits: TrailerLimits = LIMITS): string {
  const whole = verdictOf([text], limits)
  assert.equal(verdictOf([...text], limits), whole, `byte by byte: ${JSON.stringify(text)}`)
  if (text.length < 500) {
    for (let cut = 1; cut < text.length; cut++) {
      assert.equal(verdictOf([text.slice(0, cut), text.slice(cut)], limits), whole, `cut at ${cut}`)
    }
  }
  return whole
}

const BODIES: readonly (readonly [string, string])[] = [
  ['5\r\nhello\r\n0\r\n\r\n', 'hello||'],
  ['5\r\nhello\r\n0\r\n\r\nGET', 'hello||GET'],
  ['2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n', 'abcde||'],
  ['0\r\n\r\n', '||'],
  ['000\r\n\r\n', '||'],
  ['0005\r\nhello\r\n0\r\n\r\n', 'hello||'],
  ['a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n', '01234567890123456789||'],
  ['2\r\n\r\n\r\n0\r\n\r\n', '\r\n||'],
  ['5;a\r\nhello\r\n0;b=c\r\n\r\n', 'hello||'],
  ['5;a=b;c="d;\\"e\r"\r\nhello\r\n', 'refused 400'],
  ['5;a="x;y=\\"z\\""\r\nhello\r\n0\r\n\r\n', 'hello||'],
  ['5 ; a = "b"\r\nhello\r\n0\t;c\r\n\r\n', 'hello||'],
  ['0\r\nX: y\r\nZ:\r\n\r\n', '|X: y\r\nZ:\r\n|'],
  ['0\r\nContent-Length: 5\r\nX: y\r\n\r\nhello', '|X: y\r\n|hello'],
  ['5\r\nhello\r\n0\r\n', 'more'],
  ['5\r\nhel', 'more'],
  ['5\r\nhello\r\n', 'more'],
  ['', 'more'],
]

const REFUSED: readonly string[] = [
  '5\nhello\r\n0\r\n\r\n',
  '5\r\nhello\n0\r\n\r\n',
  '5\r\nhello0\r\n\r\n',
  '5\r\nhello!\r\n0\r\n\r\n',
  '5\r\nhello\rX',
  '4\r\nhello\r\n0\r\n\r\n',
  '6\r\nhello\r\n0\r\n\r\n',
  '\r\nhello\r\n',
  ' 5\r\nhello\r\n0\r\n\r\n',
  '5 \r\nhello\r\n0\r\n\r\n',
  '5\t\r\nhello\r\n0\r\n\r\n',
  '+5\r\nhello\r\n0\r\n\r\n',
  '-5\r\nhello\r\n0\r\n\r\n',
  '0x5\r\nhello\r\n0\r\n\r\n',
  '5h\r\nhello\r\n0\r\n\r\n',
  '5.0\r\nhello\r\n0\r\n\r\n',
  '5,5\r\nhello\r\n0\r\n\r\n',
  'x\r\n',
  ';a\r\n',
  '5;\r\nhello\r\n0\r\n\r\n',
  '5;=b\r\nhello\r\n0\r\n\r\n',
  '5;a=\r\nhello\r\n0\r\n\r\n',
  '5;a="b\r\nhello\r\n0\r\n\r\n',
  '5;a b\r\nhello\r\n0\r\n\r\n',
  '5;a=b c\r\nhello\r\n0\r\n\r\n',
  '5;a\0\r\nhello\r\n0\r\n\r\n',
  '5;a\nb\r\nhello\r\n0\r\n\r\n',
  '5\r\rhello\r\n0\r\n\r\n',
  '\x005\r\nhello\r\n0\r\n\r\n',
  '5\v\r\nhello\r\n0\r\n\r\n',
  '5\xa0\r\nhello\r\n0\r\n\r\n',
  '10000000000000\r\n'.padStart(32, '1'),
  'ffffffffffffffff\r\n',
  '10000000000000005\r\nhello\r\n',
  '0\r\nX : y\r\n\r\n',
  '0\r\n: y\r\n\r\n',
  '0\r\nXy\r\n\r\n',
  '0\r\n X: y\r\n\r\n',
  '0\r\nX: y\n\r\n',
  '0\r\nX: y\r\n z\r\n\r\n',
  '0\r\nX: \0\r\n\r\n',
  '0\r\nX: a\rb\r\n\r\n',
  '0\r\n\n',
]

test('chunks, extensions and trailers are read (RFC 9112 §7.1), in whatever pieces they come', () => {
  for (const [text, expected] of BODIES) assert.equal(verdict(text), expected, JSON.stringify(text))
})

test('whatever is not exactly the grammar is 400, in whatever pieces it comes', () => {
  for (const text of REFUSED) assert.equal(verdict(text), 'refused 400', JSON.stringify(text))
})

test('the largest chunk size is the largest whole number that is exact', () => {
  const decoder = new ChunkedDecoder(LIMITS)
  decoder.step(Buffer.from('fffffffffffff\r\n'), 0)
  assert.equal(decoder.step(Buffer.from('abc'), 0), 3)
  assert.equal(verdict('10000000000000\r\n'), 'refused 400')
  assert.equal(verdict(`${'0'.repeat(100)}5\r\nhello\r\n0\r\n\r\n`), 'hello||')
})

test('a size line and all extensions of a body are limited (RFC 9112 §7.1.1)', () => {
  assert.equal(verdict(`5;${'a'.repeat(4000)}\r\nhello\r\n0\r\n\r\n`), 'hello||')
  assert.equal(verdict(`5;${'a'.repeat(5000)}`), 'refused 400')
  assert.equal(verdict(`${'0'.repeat(5000)}`), 'refused 400')
  const extended = `1;${'a'.repeat(1000)}\r\nx\r\n`
  assert.equal(verdict(`${extended.repeat(16)}0\r\n\r\n`), `${'x'.repeat(16)}||`)
  assert.equal(verdict(`${extended.repeat(17)}0\r\n\r\n`), 'refused 400')
})

test('a trailer section beyond the limits of a head is 431: by its bytes, by one line, by its fields', () => {
  const limits = { head: 100, fields: 3 }
  assert.equal(verdict('0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n', limits), '|A: 1\r\nB: 2\r\nC: 3\r\n|')
  assert.equal(verdict('0\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n', limits), 'refused 431')
  assert.equal(verdict(`0\r\nA: ${'1'.repeat(95)}\r\n\r\n`, limits), `|A: ${'1'.repeat(95)}\r\n|`)
  assert.equal(verdict(`0\r\nA: ${'1'.repeat(96)}\r\n\r\n`, limits), 'refused 431')
  assert.equal(verdict(`0\r\nA: ${'1'.repeat(1000)}`, limits), 'refused 431')
  assert.equal(verdict(`0\r\n${`A: ${'1'.repeat(50)}\r\n`.repeat(2)}\r\n`, limits), 'refused 431')
})

const KEPT_OUT = [
  'Transfer-Encoding',
  'Content-Length',
  'Content-Encoding',
  'Content-Type',
  'Content-Range',
  'Host',
  'Trailer',
  'TE',
  'Connection',
  'Keep-Alive',
  'Upgrade',
  'Expect',
  'Authorization',
  'Proxy-Authorization',
  'Cookie',
  'Set-Cookie',
  'Cache-Control',
  'Max-Forwards',
  'Range',
  'If-Match',
  'Forwarded',
  'X-Forwarded-For',
  'Location',
]

test('fields that decide on framing, routing or rights are never taken from a trailer section (RFC 9110 §6.5.1)', () => {
  const lines = KEPT_OUT.flatMap((name) => [
    `${name}: 1\r\n`,
    `${name.toLowerCase()}: 1\r\n`,
    `${name.toUpperCase()}: 1\r\n`,
  ])
  assert.equal(verdictOf([`0\r\n${lines.join('')}X-Sum: 1\r\n\r\n`]), '|X-Sum: 1\r\n|')
})

const octet = fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c))
const token = fc.string({ unit: fc.constantFrom(..."aZ09!#$%&'*+-.^_`|~"), minLength: 1, maxLength: 6 })
const quoted = fc
  .string({ unit: fc.constantFrom('a', ' ', '\t', ';', '=', '\\"', '\\\\', '\xe9'), maxLength: 8 })
  .map((inner) => `"${inner}"`)
const blank = fc.constantFrom('', '', ' ', '\t ')
const extension = fc
  .tuple(blank, blank, token, fc.option(fc.tuple(blank, blank, fc.oneof(token, quoted))))
  .map(([a, b, name, value]) => `${a};${b}${name}${value === null ? '' : `${value[0]}=${value[1]}${value[2]}`}`)
const sizeOf = (size: number): fc.Arbitrary<string> =>
  fc.tuple(fc.nat({ max: 3 }), fc.boolean()).map(([zeros, upper]) => {
    const digits = size.toString(16)
    return '0'.repeat(zeros) + (upper ? digits.toUpperCase() : digits)
  })
const extensions = fc.array(extension, { maxLength: 3 }).map((all) => all.join(''))
const chunk = fc
  .string({ unit: octet, minLength: 1, maxLength: 40 })
  .chain((data) => fc.tuple(sizeOf(data.length), extensions, fc.constant(data)))
const trailer = fc
  .tuple(
    token.map((name) => `X-${name}`),
    fc.string({ unit: fc.constantFrom('a', ' ', '\t', ',', '\xff'), maxLength: 10 }),
  )
  .map(([name, value]) => `${name}:${value}\r\n`)
const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 8 })

test('every body of the grammar is read back as it was written, cut anywhere, and nothing behind it is taken', () => {
  fc.assert(
    fc.property(
      fc.array(chunk, { maxLength: 6 }),
      sizeOf(0),
      extensions,
      fc.array(trailer, { maxLength: 4 }),
      cuts,
      fc.string({ unit: octet, maxLength: 20 }),
      (chunks, zero, last, trailers, at, rest) => {
        const wire = chunks.map(([size, extended, data]) => `${size}${extended}\r\n${data}\r\n`).join('')
        const text = `${wire}${zero}${last}\r\n${trailers.join('')}\r\n${rest}`
        const places = [0, ...at.filter((place) => place < text.length).sort((a, b) => a - b), text.length]
        const pieces = places.slice(1).map((end, i) => text.slice(places[i], end))
        assert.deepEqual(decodePieces(pieces), {
          body: chunks.map(([, , data]) => data).join(''),
          trailers: trailers.join(''),
          rest,
        })
      },
    ),
    runs(500),
  )
})

test('whatever the bytes are, the verdict does not depend on the pieces in which they come', () => {
  const piece = fc.constantFrom(
    '1',
    '5',
    '0',
    'f',
    '\r\n',
    '\r',
    '\n',
    ';',
    '=',
    '"',
    '\\',
    ' ',
    'a',
    ':',
    'X: y',
    'hello',
    '\0',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), (all) => {
      verdict(all.join(''), { head: 40, fields: 3 })
    }),
    runs(1000),
  )
})

test('zeros before sizes are taken as senders pad them, and are limited as extensions are', () => {
  const padded = `${'00000001\r\nx\r\n'.repeat(5000)}0\r\n\r\n`
  assert.equal(verdictOf([padded]), `${'x'.repeat(5000)}||`)
  const long = `${'0'.repeat(4000)}1\r\nx\r\n`
  assert.equal(verdictOf([`${long.repeat(4)}0\r\n\r\n`]), 'xxxx||')
  assert.equal(verdictOf([`${long.repeat(5)}0\r\n\r\n`]), 'refused 400')
})
