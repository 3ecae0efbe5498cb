import assert from 'node:assert/strict'
import { test } from 'node:test'
import { huffmanString, integer, plainString, RandomHpackEncoder } from '../../../test/support/hpack-encoder.ts'
import { fc, runs, seeded } from '../../../test/support/property.ts'
import { HpackError } from './errors.ts'
import { type FieldListLimits, HpackDecoder } from './hpack-decoder.ts'

const LIMITS: FieldListLimits = { size: 65536, fields: 100 }
const NONE: FieldListLimits = { size: 0, fields: 0 }

function decode(bytes: readonly number[], decoder: HpackDecoder = new HpackDecoder(4096), limits = LIMITS): string[] {
  const list = decoder.decode(Uint8Array.from(bytes), limits)
  assert.ok(list !== undefined, 'the list is within its limits')
  return list
}

function added(name: string, value: string): number[] {
  return [0x40, ...plainString(name), ...plainString(value)]
}

/** Size updates (RFC 7541 §6.3). */
function resized(...sizes: readonly number[]): number[] {
  return sizes.flatMap((size) => integer(0x20, 5, size))
}

const REFUSED: readonly (readonly [what: string, bytes: readonly number[], why: RegExp])[] = [
  ['the index 0 (§6.1)', [0x80], /no entry 0/],
  ['an index just beyond an empty table (§2.3.3)', [0xbe], /no entry 62/],
  ['an index just beyond the table', [...added('a', 'b'), 0xbe, 0xbf], /no entry 63/],
  ['an index far beyond', [0xff, 0xff, 0xff, 0x7f], /no entry/],
  ['a name of an index beyond', [0x7f, 0x00, 0x01, 0x61], /no entry 63/],
  ['a name of an index beyond that is not added', [0x0f, 0x7f, 0x01, 0x61], /no entry/],
  ['an entry that an update dropped', [...added('a', 'b'), 0x82, 0xff, 0x00], /no entry 127/],
  ['a size update behind a field (§4.2)', [0x82, 0x20], /behind a field/],
  ['a size update behind a literal', [...added('a', 'b'), 0x3f, 0x00], /behind a field/],
  ['a size update above what was announced (§6.3)', resized(4097), /above/],
  ['three size updates', resized(0, 0, 0), /more than two/],
  ['thousands of size updates', resized(...new Array<number>(10_000).fill(1)), /more than two/],
  ['a size update that is cut off', [0x3f], /ends inside/],
  ['a literal without a value', [0x40, 0x01, 0x61], /ends inside/],
  ['a literal without anything', [0x40], /ends inside/],
  ['an indexed field that is cut off', [0xff], /ends inside/],
  ['an integer without end', [0xff, ...new Array<number>(10_000).fill(0x80)], /too large/],
  ['a string longer than the block', [0x40, 0x05, 0x61], /longer than its field block/],
  ['a Huffman name that is malformed', [0x40, 0x81, 0x00, 0x00], /padding/],
  ['a Huffman value with EOS', [0x42, 0x85, 0xff, 0xff, 0xff, 0xfc, 0x7f], /EOS/],
]

for (const [what, bytes, why] of REFUSED) {
  test(`${what} is refused, within the limits and beyond them`, () => {
    for (const limits of [LIMITS, NONE]) {
      const decoder = new HpackDecoder(4096)
      const refused = (error: unknown): boolean => error instanceof HpackError && why.test(error.message)
      assert.throws(() => decoder.decode(Uint8Array.from(bytes), limits), refused)
    }
  })
}

test('an empty block has no fields', () => {
  assert.deepEqual(decode([]), [])
})

test('one or two size updates may stand at the beginning, also alone (§4.2)', () => {
  const decoder = new HpackDecoder(4096)
  decode([...added('a', 'b'), ...added('c', 'd')], decoder)
  assert.deepEqual(decode([...resized(34), 0xbe], decoder), ['c', 'd'])
  assert.throws(() => decode([0xbf], decoder), HpackError)
  assert.deepEqual(decode(resized(0, 4096), decoder), [])
  assert.throws(() => decode([0xbe], decoder), HpackError)
  assert.deepEqual(decode([...added('e', 'f'), 0xbe], decoder), ['e', 'f', 'e', 'f'])
})

test('a literal may take its name from the entry that it drops (§4.4)', () => {
  const decoder = new HpackDecoder(40)
  decode(added('name', '1'), decoder)
  assert.deepEqual(decode([0x7e, ...plainString('22'), 0xbe], decoder), ['name', '22', 'name', '22'])
})

test('an entry larger than the table is a field, and empties the table (§4.4)', () => {
  const decoder = new HpackDecoder(64)
  decode(added('a', 'b'), decoder)
  assert.deepEqual(decode(added('n', 'x'.repeat(32)), decoder), ['n', 'x'.repeat(32)])
  assert.throws(() => decode([0xbe], decoder), HpackError)
})

test('the list may have what the limits say, and not one byte or field more', () => {
  const block = Uint8Array.from([0x82, ...added('name', 'value'), 0xbe])
  const size = 7 + 3 + 32 + 2 * (4 + 5 + 32)
  const verdict = (limits: FieldListLimits): number | undefined => new HpackDecoder(4096).decode(block, limits)?.length
  assert.equal(verdict({ size, fields: 3 }), 6)
  assert.equal(verdict({ size: size - 1, fields: 3 }), undefined)
  assert.equal(verdict({ size, fields: 2 }), undefined)
  assert.equal(verdict(NONE), undefined)
})

test('a small block that says one large entry again and again is over the limit', () => {
  const decoder = new HpackDecoder(4096)
  decode(added('x', 'y'.repeat(4000)), decoder)
  assert.equal(decoder.decode(new Uint8Array(1_000_000).fill(0xbe), LIMITS), undefined)
  assert.deepEqual(decode([0xbe], decoder), ['x', 'y'.repeat(4000)])
})

test('a list over a limit leaves the table that it would leave below it', () => {
  const block = Uint8Array.from([
    ...added('first', 'kept'),
    ...[0x00, ...huffmanString('not'), ...huffmanString('added')],
    ...[0x40, ...huffmanString('both'), ...huffmanString('coded')],
    ...[0x7e, ...plainString('name of the newest')],
    ...[0x1f, 0x30, ...plainString('name of the oldest, never added')],
  ])
  for (const limits of [LIMITS, NONE, { size: 100, fields: 1 }]) {
    const decoder = new HpackDecoder(4096)
    decoder.decode(block, limits)
    assert.deepEqual(decode([0xbe, 0xbf, 0xc0], decoder), [
      ...['both', 'name of the newest', 'both', 'coded', 'first', 'kept'],
    ])
    assert.throws(() => decode([0xc1], decoder), HpackError)
    decoder.decode(Uint8Array.from([0x82, 0x82, ...added('x', 'y'.repeat(5000))]), limits)
    assert.throws(() => decode([0xbe], decoder), HpackError, 'what does not fit empties the table')
  }
})

const text = fc.oneof(
  fc.constantFrom(':path', '/', 'a', 'x-name', 'cookie', 'gzip, deflate', 'accept-encoding', ':status', '200', ''),
  fc.string({ maxLength: 40 }).map((s) => Buffer.from(s).toString('latin1')),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
)
const lists = fc.array(
  fc.array(fc.tuple(text, text), { maxLength: 20 }).map((fields) => fields.flat()),
  { maxLength: 12 },
)

function sizeOf(list: readonly string[]): number {
  return list.reduce((sum, part) => sum + part.length, 16 * list.length)
}

test('what any encoder writes is read, and over a limit only the list is lost', () => {
  const limits = fc.record({ size: fc.nat(3000), fields: fc.nat(20) })
  const tableSize = fc.constantFrom(0, 100, 600, 4096, 65536)
  fc.assert(
    fc.property(lists, limits, tableSize, fc.nat(), (many, strict, size, seed) => {
      const encoder = new RandomHpackEncoder(size, seeded(seed))
      const free = new HpackDecoder(size)
      const limited = new HpackDecoder(size)
      for (const list of many) {
        const block = encoder.encode(list)
        assert.deepEqual(free.decode(block, { size: Number.POSITIVE_INFINITY, fields: 1000 }), list)
        const within = sizeOf(list) <= strict.size && list.length <= 2 * strict.fields
        assert.deepEqual(limited.decode(block, strict), within ? list : undefined)
      }
    }),
    runs(300),
  )
})

test('any bytes are fields within the limits, nothing, or an HPACK error', () => {
  const spoiled = fc.tuple(lists, fc.nat(), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }))
  const blocks = fc.oneof(
    fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }),
    spoiled.map(([many, seed, changes]) => {
      const encoder = new RandomHpackEncoder(300, seeded(seed))
      return many.map((list, i) => {
        const block = encoder.encode(list)
        const change = changes[i]
        if (change !== undefined && block.length > 0) block[change[0] % block.length] = change[1]
        return block
      })
    }),
  )
  const limits: FieldListLimits = { size: 2000, fields: 10 }
  fc.assert(
    fc.property(blocks, (row) => {
      const decoder = new HpackDecoder(300)
      const strict = new HpackDecoder(300)
      for (const block of row) {
        let list: string[] | undefined
        try {
          list = decoder.decode(block, limits)
        } catch (error) {
          assert.ok(error instanceof HpackError)
          assert.throws(
            () => strict.decode(block, NONE),
            HpackError,
            'the limits decide nothing about what is malformed',
          )
          return
        }
        strict.decode(block, NONE)
        if (list !== undefined) assert.ok(sizeOf(list) <= limits.size && list.length <= 20)
      }
    }),
    runs(500),
  )
})
