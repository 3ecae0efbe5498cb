import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { Verified } from './verified.ts'

const JOE = { name: 'joe', groups: [] }
const LOGIN = 'Basic am9lOnNlY3JldA=='

test('what was verified is found again, to the letter', () => {
  const verified = new Verified(60_000)
  assert.equal(verified.find(LOGIN, undefined), undefined)
  verified.add(LOGIN, JOE, undefined)
  assert.equal(verified.find(LOGIN, undefined), JOE)
  for (let i = 0; i < LOGIN.length; i++) {
    const other = `${LOGIN.slice(0, i)}${LOGIN[i] === 'A' ? 'B' : 'A'}${LOGIN.slice(i + 1)}`
    assert.equal(verified.find(other, undefined), undefined, other)
  }
  for (const other of ['', LOGIN.slice(1), LOGIN.slice(0, -1), `${LOGIN}=`, `${LOGIN} `, LOGIN.toLowerCase()]) {
    assert.equal(verified.find(other, undefined), undefined, other)
  }
})

test('it is forgotten when its time is over', (t) => {
  let now = 1000
  t.mock.method(performance, 'now', () => now)
  const verified = new Verified(500)
  verified.add(LOGIN, JOE, undefined)
  now = 1499
  assert.equal(verified.find(LOGIN, undefined), JOE)
  now = 1500
  assert.equal(verified.find(LOGIN, undefined), undefined)
  now = 1499
  assert.equal(verified.find(LOGIN, undefined), undefined, 'it is gone')
})

test('it is forgotten when the store says something else', () => {
  const verified = new Verified(60_000)
  verified.add(LOGIN, JOE, 1)
  assert.equal(verified.find(LOGIN, 1), JOE)
  assert.equal(verified.find(LOGIN, 2), undefined)
  assert.equal(verified.find(LOGIN, 1), undefined)
  verified.add(LOGIN, JOE, 2)
  verified.add('other', JOE, 3)
  assert.equal(verified.find(LOGIN, 3), undefined, 'of another generation')
})

test('without a time nothing is kept', () => {
  const verified = new Verified(0)
  verified.add(LOGIN, JOE, undefined)
  assert.equal(verified.size, 0)
})

test('so many are kept and no more; the oldest ones go', () => {
  const verified = new Verified(60_000)
  for (let i = 0; i < 10_050; i++) verified.add(`Basic ${i}`, JOE, undefined)
  assert.ok(verified.size <= 10_000)
  assert.equal(verified.find('Basic 0', undefined), undefined)
  assert.equal(verified.find('Basic 10049', undefined), JOE)
})

test('neither the password nor its usual hashes are kept', () => {
  const verified = new Verified(60_000)
  verified.add(LOGIN, JOE, undefined)
  const kept = inspect(verified, { depth: 9, showHidden: true })
  assert.ok(!kept.includes(LOGIN.slice(6, 14)) && !kept.includes('secret'))
})
