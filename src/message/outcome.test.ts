import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DECLINED, REROUTE } from './brands.ts'
import { Declined, isDeclined, isReroute, Reroute } from './outcome.ts'

test('Declined is told by its brand, also from another copy of the package', () => {
  assert.equal(isDeclined(Declined), true)
  assert.equal(isDeclined({ [DECLINED]: true }), true)
  for (const value of [undefined, null, {}, 'Declined', { [DECLINED]: 1 }, new Reroute('/')]) {
    assert.equal(isDeclined(value), false)
  }
})

test('nobody can change Declined', () => {
  assert.throws(() => Object.assign(Declined, { x: 1 }), TypeError)
})

test('a Reroute is told by its brand, also from another copy of the package', () => {
  assert.equal(isReroute(new Reroute('/a')), true)
  assert.equal(isReroute({ [REROUTE]: true, to: '/a' }), true)
  for (const value of [undefined, null, {}, { to: '/a' }, Declined]) assert.equal(isReroute(value), false)
})

test('a Reroute goes to a path with an optional query', () => {
  assert.equal(new Reroute('/a?b=c').to, '/a?b=c')
  for (const to of ['', 'a', '?a', '*', 'http://h/', '../a']) assert.throws(() => new Reroute(to), TypeError)
})
