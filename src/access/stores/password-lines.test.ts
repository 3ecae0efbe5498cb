import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { readHash } from './hashes.ts'
import { linesOf, PasswordFileError, wrongName } from './lines.ts'
import { passwordOf, readPasswords, withoutUser, withPassword } from './password-lines.ts'

const SHA = '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ='
const BCRYPT = '$2y$05$Zw6yos9eLEihKE8Jv6QpW.3HRBhO9fWeOKdoX1wOf7akZ/wZO4FMO'

/** The users of a file, by name. */
function read(text: string | Uint8Array, plain: boolean = false): Record<string, string> {
  const users = readPasswords(Buffer.from(text), '/f', plain)
  return Object.fromEntries([...users].map(([name, { text: hash }]) => [name, hash]))
}

const FILES: readonly (readonly [
  what: string,
  text: string | Uint8Array,
  names: readonly string[],
  plain?: boolean,
])[] = [
  ['nothing', '', []],
  ['comments and blank lines', `# people\n\n  \t\njoe:${SHA}\n  # more\nann:${BCRYPT}\n`, ['joe', 'ann']],
  ['no end of the last line', `joe:${SHA}\nann:${SHA}`, ['joe', 'ann']],
  ['ends of lines of Windows, and a byte order mark', `\ufeffjoe:${SHA}\r\nann:${SHA}\r\n`, ['joe', 'ann']],
  ['a comment behind the hash', `joe:${SHA}:Joe Doe:x\n`, ['joe']],
  ['white space around', `  joe:${SHA} \t\n`, ['joe']],
  [
    'names of many kinds',
    `Jürgen:${SHA}\njoe doe:${SHA}\n名前:${SHA}\n__proto__:${SHA}\n`,
    ['Jürgen', 'joe doe', '名前', '__proto__'],
  ],
  ['names in two cases', `joe:${SHA}\nJoe:${SHA}\n`, ['joe', 'Joe']],
  ['plain text', `joe:secret\n`, ['joe'], true],
]
for (const [what, text, names, plain] of FILES) {
  test(`a file of passwords has ${what}`, () => {
    assert.deepEqual([...readPasswords(Buffer.from(text), '/f', plain ?? false).keys()], names)
  })
}

const FAULTS: readonly (readonly [text: string | Uint8Array, line: number, why: RegExp])[] = [
  ['joe\n', 1, /no line of a password file/],
  [`# x\r\n\r\n:${SHA}\r\n`, 3, /the name is empty/],
  [`joe:${SHA}\nann:\n`, 2, /no hash for "ann"; "oriel passwd" sets a password/],
  [`joe:${SHA}\nann::${SHA}\n`, 2, /no hash for "ann"/],
  [`joe:${SHA}\n\njoe:${BCRYPT}\n`, 3, /"joe" stands in line 1 already/],
  ['joe:secret\n', 1, /"joe": it is no hash, and a password in plain text .* plain: true/],
  ['joe:uyDwOExPt0PNc', 1, /"joe": it looks like DES crypt/],
  [`jo\0e:${SHA}`, 1, /control character/],
  [`joe :${SHA}`, 1, /white space/],
  [Buffer.from(`joe:${SHA}\nj\xfcrgen:${SHA}\n`, 'latin1'), 2, /not UTF-8/],
  [`${'x'.repeat(256)}:${SHA}`, 1, /longer than 255 bytes/],
]
for (const [text, line, why] of FAULTS) {
  test(`${JSON.stringify(text.toString()).slice(0, 50)} is refused with its line`, () => {
    assert.throws(
      () => read(text),
      (error) => {
        assert.ok(error instanceof PasswordFileError)
        assert.equal(error.line, line)
        assert.match(error.message, new RegExp(`^/f:${line}: .*${why.source}`))
        assert.ok(!error.message.includes('secret') && !error.message.includes('uyDw'), 'it shows no password')
        return true
      },
    )
  })
}

const EDITS: readonly (readonly [what: string, before: string, after: string])[] = [
  ['an empty file', '', 'joe:NEW\n'],
  ['the last place', 'ann:x\n', 'ann:x\njoe:NEW\n'],
  ['a file without an end', '# c\nann:x', '# c\nann:x\njoe:NEW\n'],
  ['a file of Windows', 'ann:x\r\n', 'ann:x\r\njoe:NEW\r\n'],
  ['its own place', '# c\n joe:x:Joe Doe\nann:y\n\n', '# c\njoe:NEW:Joe Doe\nann:y\n\n'],
  ['its own place, of two', 'joe:x\nann:y\njoe:z\n', 'joe:NEW\nann:y\n'],
  ['no place in a comment', '#joe:x\n', '#joe:x\njoe:NEW\n'],
  ['a file with lines of no meaning', 'joey\n\xff\n', 'joey\n\xff\njoe:NEW\n'],
]
for (const [what, before, after] of EDITS) {
  test(`a password is set in ${what}`, () => {
    assert.equal(withPassword(Buffer.from(before, 'latin1'), 'joe', 'NEW').toString('latin1'), after)
  })
}

test('who is deleted is gone, and nothing else', () => {
  const file = Buffer.from('# c\r\njoe:x\r\n\r\nann:y\njoe:z')
  assert.equal(withoutUser(file, 'joe')?.toString(), '# c\r\n\r\nann:y\n')
  assert.equal(withoutUser(file, 'jo'), undefined)
})

test('the hash of one name is found among lines that cannot be used', () => {
  const file = Buffer.from(`garbage\njoe:${SHA}\nann:uyDwOExPt0PNc\n`)
  assert.equal(passwordOf(file, '/f', 'joe')?.kind, 'sha1')
  assert.equal(passwordOf(file, '/f', 'nobody'), undefined)
})

const NAME = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((name) => wrongName(name) === undefined)

test('any bytes are understood, or refused by the one error', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .array(fc.constantFrom('joe', ':', SHA, BCRYPT, '\n', '\r\n', '#', ' ', '\0', 'é', '\ufeff', '$6$', '{SHA}'))
      .map((parts) => Buffer.from(parts.join(''))),
  )
  fc.assert(
    fc.property(bytes, fc.boolean(), (given, plain) => {
      assert.equal(
        linesOf(given)
          .map(({ text, end }) => text + end)
          .join(''),
        Buffer.from(given).toString('latin1'),
      )
      try {
        readPasswords(given, '/f', plain)
      } catch (error) {
        assert.ok(error instanceof PasswordFileError, String(error))
      }
    }),
    runs(3000),
  )
})

test('what is written is read back, whatever stood in the file', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), NAME, (before, name) => {
      const after = withPassword(before, name, BCRYPT)
      assert.equal(passwordOf(after, '/f', name)?.text, BCRYPT)
      assert.deepEqual(withPassword(after, name, BCRYPT), after, 'a second time changes nothing')
      const without = withoutUser(after, name)
      assert.ok(without !== undefined && passwordOf(without, '/f', name) === undefined)
    }),
    runs(1000),
  )
  fc.assert(
    fc.property(fc.uniqueArray(NAME, { maxLength: 10 }), (names) => {
      let file: Buffer = Buffer.alloc(0)
      for (const name of names) file = withPassword(file, name, SHA)
      assert.deepEqual(readPasswords(file, '/f', false), new Map(names.map((name) => [name, readHash(SHA, false)])))
    }),
    runs(300),
  )
})
