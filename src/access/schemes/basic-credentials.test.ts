import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { basicCredentials } from './basic-credentials.ts'

function encoded(octets: string | Buffer): string {
  return Buffer.from(octets as string).toString('base64')
}

for (const [field, name, password] of [
  // The examples of RFC 7617 §2 and §2.1.
  ['Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==', 'Aladdin', 'open sesame'],
  ['Basic dGVzdDoxMjPCow==', 'test', '123£'],
  [`bASIC   ${encoded('a:b')}`, 'a', 'b'],
  [`Basic ${encoded('a:b:c')}`, 'a', 'b:c'],
  [`Basic ${encoded('a:')}`, 'a', ''],
] as const) {
  test(`${field} is ${name} with ${JSON.stringify(password)}`, () => {
    assert.deepEqual(basicCredentials(field), { name, password })
  })
}

const REFUSED: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['a scheme alone', 'Basic'],
  ['a scheme and spaces', 'Basic   '],
  ['another scheme', `Bearer ${encoded('a:b')}`],
  ['a scheme that begins so', `Basics ${encoded('a:b')}`],
  ['a tab for a space', `Basic\t${encoded('a:b')}`],
  ['no space', `Basic${encoded('a:b')}`],
  ['missing padding', 'Basic dGVzdDoxMjPCow'],
  ['too much padding', 'Basic YTpi===='],
  ['bits that nobody reads', 'Basic dGVzdDoxMjPCox=='],
  ['the alphabet of URLs', `Basic ${encoded('a:\u{3ffff}?>').replace(/\+/g, '-').replace(/\//g, '_')}`],
  ['something behind it', `Basic ${encoded('a:b')} x`],
  ['two in one', `Basic ${encoded('a:b')}, Basic ${encoded('c:d')}`],
  ['two without space', `Basic ${encoded('a:b')},${encoded('c:d')}`],
  ['no colon', `Basic ${encoded('ab')}`],
  ['no name', `Basic ${encoded(':b')}`],
  ['ISO 8859-1', `Basic ${encoded(Buffer.from('jos\xe9:b', 'latin1'))}`],
  ['UTF-8 that is longer than need be', `Basic ${encoded(Buffer.from([0xc1, 0xa1, 0x3a, 0x62]))}`],
  ['half of a surrogate pair', `Basic ${encoded(Buffer.from([0xed, 0xa0, 0x80, 0x3a, 0x62]))}`],
  ['a NUL in the name', `Basic ${encoded('a\0:b')}`],
  ['a line end in the name', `Basic ${encoded('a\r\nSet-Cookie:b')}`],
  ['a NUL in the password', `Basic ${encoded('a:b\0c')}`],
  ['DEL', `Basic ${encoded('a\x7f:b')}`],
  ['a control character of ISO 8859-1', `Basic ${encoded('a\x85:b')}`],
  ['a separator of lines', `Basic ${encoded('a\u2028:b')}`],
  ['a name that is too long', `Basic ${encoded(`${'ä'.repeat(128)}:b`)}`],
  ['a password that is too long', `Basic ${encoded(`a:${'b'.repeat(1025)}`)}`],
  ['a field that is too long', `Basic ${' '.repeat(2048)}${encoded('a:b')}`],
]

for (const [what, field] of REFUSED) {
  test(`${what} is refused`, () => assert.equal(basicCredentials(field), undefined))
}

test('what is not of octets is refused, not taken for what its low bits spell', () => {
  assert.equal(basicCredentials(`Basic ${encoded('a:b').replace('Y', '\u0159')}`), undefined)
})

test('whatever name and password are sent come out as they were', () => {
  const part = fc
    .string({ unit: 'grapheme', maxLength: 20 })
    .filter((text) => !/[\0-\x1f\x7f-\x9f\u2028\u2029]/.test(text))
  const name = part.filter((text) => text !== '' && !text.includes(':'))
  fc.assert(
    fc.property(name, part, (name, password) => {
      const found = basicCredentials(`Basic ${encoded(`${name}:${password}`)}`)
      assert.deepEqual(found, { name, password })
    }),
    runs(200),
  )
})

test('one login has one spelling: what is taken is what it is encoded as', () => {
  fc.assert(
    fc.property(fc.base64String({ maxLength: 40 }), fc.nat({ max: 3 }), (text, cut) => {
      const field = text.slice(0, text.length - cut)
      const found = basicCredentials(`Basic ${field}`)
      if (found !== undefined) assert.equal(encoded(`${found.name}:${found.password}`), field)
    }),
    runs(300),
  )
})
