import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { checkObjectName, checkServerName, isName, objectAddress } from './names.ts'

for (const name of ['echo', 'a', 'a.b', 'Note_7~x-', '7', 'x'.repeat(100)]) {
  test(`${name.slice(0, 20)} is a name`, () => {
    assert.equal(checkObjectName(name), name)
    assert.equal(checkServerName(name), name)
  })
}

for (const name of [
  '',
  '.',
  '..',
  '.a',
  'a..b',
  'a/b',
  'a\\b',
  'a@b',
  'a b',
  'a\n',
  'a\0',
  'ü',
  'a%2e',
  'x'.repeat(101),
]) {
  test(`${JSON.stringify(name).slice(0, 20)} is no name`, () => {
    assert.throws(() => checkObjectName(name), /is no name of an object: expected letters, digits/)
    assert.throws(() => checkServerName(name), /is no name of an object server/)
  })
}

test('what is no text is no name, and the error says what it is', () => {
  assert.throws(() => checkServerName(7 as unknown as string), /^TypeError: 7 is no name of an object server/)
})

test('names of Oriel itself are taken', () => {
  assert.throws(() => checkServerName('root'), /cannot be called root/)
  assert.throws(() => checkObjectName('info'), /cannot be called info/)
  assert.equal(checkServerName('info'), 'info')
})

test('an object and its server are told apart at the one @', () => {
  assert.deepEqual(objectAddress('echo@paul'), { object: 'echo', server: 'paul' })
  for (const wrong of ['echo', 'echo@', '@paul', 'a@b@c', 'echo@..', 'echo@root', ''])
    assert.throws(() => objectAddress(wrong), TypeError, wrong)
})

test('a name never leads anywhere: it ends no path, no line and no text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      if (!isName(text)) return
      assert.match(text, /^[\w.~-]+$/)
      assert.equal(new URL(`http://a/b/${text}/c`).pathname, `/b/${text}/c`)
    }),
    runs(1000),
  )
})
