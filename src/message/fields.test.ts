import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkFieldName, checkFieldValue, isToken, listMembers, trimOws } from './fields.ts'

for (const text of ['GET', 'x-custom', "!#$%&'*+-.^_`|~09azAZ"]) {
  test(`${text} is a token (RFC 9110 §5.6.2)`, () => {
    assert.equal(isToken(text), true)
    assert.doesNotThrow(() => checkFieldName(text))
  })
}

for (const text of [
  '',
  ' ',
  'a b',
  'a:',
  'a\r',
  'a\n',
  'a\0',
  '(a)',
  'a,b',
  'a;b',
  'a=b',
  '"a"',
  'ä',
  'a\x7f',
  'a/b',
]) {
  test(`${JSON.stringify(text)} is no token`, () => {
    assert.equal(isToken(text), false)
    assert.throws(() => checkFieldName(text), TypeError)
  })
}

for (const [given, value] of [
  ['', ''],
  ['a', 'a'],
  ['  a b\t', 'a b'],
  ['\t \t', ''],
  ['a\tb', 'a\tb'],
  ['caf\xe9', 'caf\xe9'],
  ['\xa0x\xa0', '\xa0x\xa0'],
] as const) {
  test(`the value ${JSON.stringify(given)} goes on the wire as ${JSON.stringify(value)} (RFC 9110 §5.5)`, () => {
    assert.equal(checkFieldValue('X', given), value)
  })
}

for (const text of ['a\rb', 'a\nb', 'a\r\nX: y', '\0', '\x1b[0m', '\x7f', '€', '本', ' \n']) {
  test(`the value ${JSON.stringify(text)} is refused, and the field is named`, () => {
    assert.throws(() => checkFieldValue('X-Name', text), /X-Name/)
    assert.throws(() => checkFieldValue('X-Name', text), TypeError)
  })
}

test('only space and tab are optional white space (RFC 9110 §5.6.3)', () => {
  assert.equal(trimOws(' \t a \t '), 'a')
  assert.equal(trimOws('\n a\xa0'), '\n a\xa0')
  assert.equal(trimOws('   '), '')
})

for (const [list, members] of [
  ['', []],
  [',, ,', []],
  ['a', ['a']],
  ['a,b', ['a', 'b']],
  [' a ,\tb, ,c ', ['a', 'b', 'c']],
  ['"a,b", c', ['"a,b"', 'c']],
  ['"a\\",b", c', ['"a\\",b"', 'c']],
  ['a;x="1, 2", b', ['a;x="1, 2"', 'b']],
  ['"open, b', ['"open, b']],
  ['a, "open\\', ['a', '"open\\']],
] as const) {
  test(`the members of ${JSON.stringify(list)} (RFC 9110 §5.6.1)`, () => {
    assert.deepEqual(listMembers(list), members)
  })
}

test('members without commas and quotes come back from their list', () => {
  const member = fc.string({ unit: fc.constantFrom('a', 'b', ' ', ';', '=', '\\'), minLength: 1 }).map(trimOws)
  fc.assert(
    fc.property(fc.array(member), fc.constantFrom(',', ', ', ' ,\t', ',,'), (members, comma) => {
      assert.deepEqual(
        listMembers(members.join(comma)),
        members.filter((one) => one !== ''),
      )
    }),
  )
})
