import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { readGroups } from './group-lines.ts'
import { PasswordFileError } from './lines.ts'

test('groups are read as Apache reads them', () => {
  const file =
    '\ufeff# groups\r\nstaff: joe  ann\tJürgen\r\n\r\nadmins:ann\nstaff: bob joe joe\nempty:\nthe few : __proto__\n'
  assert.deepEqual(
    [...readGroups(Buffer.from(file), '/g')],
    [
      ['joe', ['staff']],
      ['ann', ['staff', 'admins']],
      ['Jürgen', ['staff']],
      ['bob', ['staff']],
      ['__proto__', ['the few']],
    ],
  )
})

for (const [text, line, why] of [
  ['staff\n', 1, /no line of a group file/],
  ['# c\n: joe\n', 2, /the name of the group is empty/],
  ['staff: joe: ann\n', 1, /no line of a group file/],
  ['staff: j\0e\n', 1, /the name "j\\u0000e" has a control character/],
  ['st\u0007aff: joe\n', 1, /the name of the group has a control character/],
] as const) {
  test(`${JSON.stringify(text)} is refused with its line`, () => {
    assert.throws(
      () => readGroups(Buffer.from(text), '/g'),
      (error) => {
        assert.ok(error instanceof PasswordFileError)
        assert.equal(error.line, line)
        assert.match(error.message, why)
        return true
      },
    )
  })
}

test('any bytes are understood, or refused by the one error', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
      ),
      (given) => {
        try {
          readGroups(given, '/g')
        } catch (error) {
          assert.ok(error instanceof PasswordFileError, String(error))
        }
      },
    ),
    runs(2000),
  )
})
