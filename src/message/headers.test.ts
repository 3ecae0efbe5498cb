import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { HEADERS } from './brands.ts'
import { fieldPlace } from './field-places.ts'
import { Headers } from './headers.ts'

function raw(headers: Headers): [string, string][] {
  return [...headers.raw()]
}

for (const [what, init] of [
  ['pairs', [['A', '1'] as const, ['b', '2'] as const]],
  ['a record', { A: '1', b: '2' }],
  ['a Map', new Map(Object.entries({ A: '1', b: '2' }))],
  ['Headers', new Headers({ A: '1', b: '2' })],
] as const) {
  test(`Headers can be made from ${what}`, () => {
    assert.deepEqual(raw(new Headers(init)), [
      ['A', '1'],
      ['b', '2'],
    ])
  })
}

test("Headers can be made from the platform's Headers, each Set-Cookie a field of its own", () => {
  const given = new globalThis.Headers([
    ['Set-Cookie', 'a=1'],
    ['X', '1'],
    ['Set-Cookie', 'b=2'],
  ])
  assert.deepEqual(new Headers(given).getSetCookie(), ['a=1', 'b=2'])
  assert.equal(new Headers(given).get('x'), '1')
})

test('Headers of another copy of the package are taken with the case and the order of their fields', () => {
  const other = { [HEADERS]: true, fields: () => ['X-A', '1', 'x-b', '2'] }
  assert.deepEqual(raw(new Headers(other as unknown as Headers)), [
    ['X-A', '1'],
    ['x-b', '2'],
  ])
})

test('a record may give a field several values, and none by undefined', () => {
  const headers = new Headers({
    Vary: ['Accept', 'Cookie'],
    X: undefined as unknown as string,
    N: 5 as unknown as string,
  })
  assert.deepEqual(raw(headers), [
    ['Vary', 'Accept'],
    ['Vary', 'Cookie'],
    ['N', '5'],
  ])
})

test('a copy shares nothing with what it was made from', () => {
  const first = new Headers({ A: '1' })
  const copy = new Headers(first)
  copy.set('A', '2')
  first.append('B', '3')
  assert.deepEqual(
    [raw(first), raw(copy)],
    [
      [
        ['A', '1'],
        ['B', '3'],
      ],
      [['A', '2']],
    ],
  )
})

test('names are compared without case (RFC 9110 §5.1) and kept as sent', () => {
  const headers = new Headers({ 'X-Test': '1' })
  assert.equal(headers.get('x-tEST'), '1')
  assert.equal(headers.has('X-TEST'), true)
  assert.equal(headers.has('X-Tes'), false)
  assert.equal(headers.get('x-none'), null)
  headers.set('x-test', '2')
  assert.deepEqual(raw(headers), [['x-test', '2']])
  headers.delete('X-TEST')
  assert.deepEqual(raw(headers), [])
})

test('repeated fields are joined by a comma (RFC 9110 §5.3), Cookie by a semicolon (RFC 6265 §5.4)', () => {
  const headers = new Headers([
    ['Accept', 'a'],
    ['cookie', 'x=1'],
    ['ACCEPT', 'b'],
    ['Cookie', 'y=2'],
  ])
  assert.equal(headers.get('accept'), 'a, b')
  assert.equal(headers.get('cookie'), 'x=1; y=2')
  assert.deepEqual(headers.getAll('Accept'), ['a', 'b'])
  assert.deepEqual(headers.getAll('none'), [])
})

test('walking gives each name once in lower case with its joined value, Set-Cookie one by one', () => {
  const headers = new Headers([
    ['Set-Cookie', 'a=1'],
    ['Vary', 'x'],
    ['set-cookie', 'b=2'],
    ['VARY', 'y'],
    ['Empty', ''],
  ])
  const expected = [
    ['set-cookie', 'a=1'],
    ['vary', 'x, y'],
    ['set-cookie', 'b=2'],
    ['empty', ''],
  ]
  assert.deepEqual([...headers], expected)
  assert.deepEqual([...headers.entries()], expected)
  assert.deepEqual(
    [...headers.keys()],
    expected.map(([name]) => name),
  )
  assert.deepEqual(
    [...headers.values()],
    expected.map(([, value]) => value),
  )
  const seen: [string, string][] = []
  headers.forEach((value, name, of) => {
    assert.equal(of, headers)
    seen.push([name, value])
  })
  assert.deepEqual(seen, expected)
})

test('set replaces every field of a name, append adds one, delete removes all', () => {
  const headers = new Headers([
    ['A', '1'],
    ['B', '2'],
    ['a', '3'],
  ])
  headers.append('A', '4')
  assert.deepEqual(headers.getAll('a'), ['1', '3', '4'])
  headers.set('A', '5')
  assert.deepEqual(headers.getAll('a'), ['5'])
  headers.delete('A')
  assert.deepEqual(raw(headers), [['B', '2']])
})

test('a value that is refused changes nothing', () => {
  const headers = new Headers({ A: '1' })
  assert.throws(() => headers.set('A', 'x\r\ny'), TypeError)
  assert.throws(() => headers.append('A', 'x\0'), TypeError)
  assert.throws(() => headers.set('A b', 'x'), TypeError)
  assert.deepEqual(raw(headers), [['A', '1']])
})

for (const [what, change] of [
  ['set', (headers: Headers) => headers.set('A', '2')],
  ['append', (headers: Headers) => headers.append('A', '2')],
  ['delete', (headers: Headers) => headers.delete('A')],
] as const) {
  test(`what a front door rendered is dropped by ${what}`, () => {
    const headers = new Headers({ A: '1' })
    headers.rendering = 'A: 1\r\n'
    change(headers)
    assert.equal(headers.rendering, undefined)
    headers.rendering = 'A: 1\r\n'
    assert.equal(new Headers(headers).rendering, undefined)
  })
}

test('lines of a field section are taken apart when they are asked for', () => {
  const headers = Headers.fromLines('Host: a\r\nX-Empty:\r\nx-ws: \t b c \t\r\nx-colon:d:e: f\r\nHost:2\r\n')
  assert.deepEqual(raw(headers), [
    ['Host', 'a'],
    ['X-Empty', ''],
    ['x-ws', 'b c'],
    ['x-colon', 'd:e: f'],
    ['Host', '2'],
  ])
  headers.set('Host', '3')
  assert.equal(headers.get('host'), '3')
  assert.deepEqual(raw(Headers.fromLines('')), [])
})

const token = fc.string({
  unit: fc.constantFrom(..."!#$%&'*+-.^_`|~0123456789ABCXYZabcxyz"),
  minLength: 1,
  maxLength: 12,
})
const visible = fc.string({
  unit: fc
    .integer({ min: 0x20, max: 0xff })
    .filter((c) => c !== 0x7f)
    .map((c) => String.fromCharCode(c)),
})
const value = fc.oneof(
  visible,
  visible.map((text) => `\t${text}\t`),
)
const fields = fc.array(fc.tuple(token, value))

test('what was set comes back with its case, its order and its value without white space around it', () => {
  fc.assert(
    fc.property(fields, (given) => {
      const expected = given.map(([name, text]) => [name, text.replace(/^[ \t]+|[ \t]+$/g, '')])
      const headers = new Headers(given)
      assert.deepEqual(raw(headers), expected)
      const lines = given.map(([name, text]) => `${name}: ${text}\r\n`).join('')
      assert.deepEqual(raw(Headers.fromLines(lines)), expected)
      for (const [name] of given) {
        const values = expected.filter(([other]) => other?.toLowerCase() === name.toLowerCase()).map(([, text]) => text)
        assert.deepEqual(headers.getAll(name.toUpperCase()), values)
        assert.equal(headers.get(name), values.join(name.toLowerCase() === 'cookie' ? '; ' : ', '))
      }
    }),
  )
})

test('every value with CR, LF, NUL, another control character or a character above U+00FF is refused', () => {
  const bad = fc.oneof(
    fc.constantFrom('\r', '\n', '\0', '\r\n', '\x7f'),
    fc
      .integer({ min: 0, max: 0x1f })
      .filter((c) => c !== 9)
      .map((c) => String.fromCharCode(c)),
    fc.integer({ min: 0x100, max: 0xffff }).map((c) => String.fromCharCode(c)),
  )
  fc.assert(
    fc.property(visible, bad, visible, (before, evil, after) => {
      const headers = new Headers()
      for (const text of [before + evil + after, evil + after, before + evil]) {
        assert.throws(() => headers.set('X', text), TypeError)
        assert.throws(() => headers.append('X', text), TypeError)
        assert.throws(() => new Headers({ X: text }), TypeError)
        assert.throws(() => new Headers([['X', text]]), TypeError)
        assert.throws(() => new Headers({ X: [text] }), TypeError)
      }
      assert.deepEqual(raw(headers), [])
    }),
  )
})

test('every name that is no token is refused (RFC 9110 §5.6.2)', () => {
  const bad = fc.constantFrom(
    '',
    ' ',
    ':',
    '\r',
    '\n',
    '\0',
    '\t',
    '(',
    ')',
    '"',
    '/',
    '[',
    '{',
    '@',
    ';',
    '=',
    ',',
    'ü',
  )
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'B', '-', '1') }), bad, (before, evil) => {
      fc.pre(evil !== '' || before === '')
      assert.throws(() => new Headers().set(before + evil, 'x'), TypeError)
      assert.throws(() => new Headers().append(before + evil, 'x'), TypeError)
      assert.throws(() => new Headers([[before + evil, 'x']]), TypeError)
    }),
  )
})

test('a field is found in the text as when it is taken apart', () => {
  const lines = 'Host: a\r\n_x: 1\r\nACCEPT:  b \r\naccept: c\r\nCookie: d=1\r\ncookie: e=2\r\nEmpty:\r\nColon: a:b\r\n'
  const places = lines.match(/.*\r\n/g)?.map((line) => fieldPlace(line.indexOf(':'), line.length))
  for (const name of ['host', 'Host', '_x', 'Accept', 'cookie', 'empty', 'colon', 'a', 'hos', 'hosts', '', 'x']) {
    const apart = Headers.fromLines(lines)
    apart.fields()
    assert.equal(Headers.fromLines(lines, places).get(name), apart.get(name), name)
  }
  const often = Headers.fromLines(lines, places)
  for (let i = 0; i < 10; i++) assert.equal(often.get('accept'), 'b, c')
})

test('fields that are kept are those of the moment, and either may change alone', () => {
  for (const headers of [Headers.fromLines('A: 1\r\n'), new Headers({ A: '1' })]) {
    const kept = headers.kept()
    headers.append('A', '2')
    kept.append('A', '3')
    assert.deepEqual([headers.get('a'), kept.get('a')], ['1, 2', '1, 3'])
  }
})

for (const [what, made] of [
  ['as they came', () => Headers.fromLines('A: 1\r\nAuthorization: x\r\nauthorization: y\r\nB: 2\r\n')],
  ['as a list', () => Headers.fromList(['A', '1', 'Authorization', 'x', 'authorization', 'y', 'B', '2'])],
] as const) {
  test(`a field that is withheld from fields ${what} is seen by nobody who reads or copies them, until it is given back`, () => {
    const unseen = (headers: Headers): void => {
      assert.equal(headers.get('Authorization'), null)
      assert.equal(headers.has('authorization'), false)
      assert.deepEqual(headers.getAll('authorization'), [])
      assert.equal(raw(headers).length, 2)
      assert.deepEqual([...headers.keys()], ['a', 'b'])
      assert.deepEqual(raw(new Headers(headers)).length, 2)
    }
    const headers = made()
    headers.withhold('authorization')
    assert.equal(headers.get('authorization'), null)
    const early = headers.kept()
    unseen(headers)
    const late = headers.kept()
    unseen(headers)
    assert.deepEqual([early.get('authorization'), late.get('authorization')], ['x, y', 'x, y'])
    headers.giveBack()
    assert.equal(headers.get('authorization'), 'x, y')
    assert.deepEqual(headers.getAll('authorization'), ['x', 'y'])
    headers.withhold('authorization')
    headers.withhold('authorization')
    unseen(headers)
  })
}

test('what somebody sets in the place of a field that is withheld counts, also afterwards', () => {
  const headers = Headers.fromLines('Authorization: x\r\n')
  headers.withhold('authorization')
  headers.set('Authorization', 'mine')
  assert.equal(headers.get('authorization'), 'mine')
  headers.giveBack()
  assert.equal(headers.get('authorization'), 'mine')
})

test('to withhold a field from what shares its list takes nothing from the other', () => {
  const headers = Headers.fromList(['Authorization', 'x', 'A', '1'])
  const other = headers.kept()
  headers.withhold('authorization')
  headers.append('B', '2')
  assert.deepEqual(raw(headers).length, 2)
  assert.deepEqual(raw(other), [
    ['Authorization', 'x'],
    ['A', '1'],
  ])
})
