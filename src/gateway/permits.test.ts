import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Cap, LocalPermits, type Permit } from './permits.ts'

const CAP: Cap = { name: 'a', most: 2, queue: 2 }

/** Takes permits of one kind and tells who was let in later. */
function takers(cap: Cap = CAP) {
  const permits = new LocalPermits()
  const told: string[] = []
  const take = (name: string, other: Cap = cap): Permit =>
    permits.take(other, { permitted: (granted) => void told.push(`${name} ${granted}`) })
  return { take, told }
}

test('as many run as may, as many wait as may, more are refused', () => {
  const { take, told } = takers()
  const states = ['a', 'b', 'c', 'd', 'e'].map((name) => take(name).state)
  assert.deepEqual(states, ['granted', 'granted', 'waiting', 'waiting', 'refused'])
  assert.deepEqual(told, [], 'who knows at once is not told')
})

test('who waits comes in the order of asking, and who leaves the queue never', () => {
  const { take, told } = takers()
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => take(name)) as [Permit, Permit, Permit, Permit]
  c.give()
  a.give()
  assert.deepEqual(told, ['d true'])
  assert.deepEqual([c.state, d.state], ['refused', 'granted'])
  b.give()
  d.give()
  assert.equal(take('f').state, 'granted')
})

test('a permit that is given twice counts once', () => {
  const { take } = takers({ ...CAP, most: 1, queue: 0 })
  const a = take('a')
  a.give()
  a.give()
  assert.deepEqual([take('b').state, take('c').state], ['granted', 'refused'])
})

test('nobody passes those who wait, also where the cap grew', () => {
  const { take, told } = takers({ ...CAP, most: 1 })
  const a = take('a')
  take('b')
  assert.equal(take('c', { ...CAP, most: 9 }).state, 'waiting')
  a.give()
  assert.deepEqual(told, ['b true', 'c true'])
})

test('each name is counted by itself', () => {
  const { take } = takers({ ...CAP, most: 1, queue: 0 })
  assert.deepEqual(
    [take('a').state, take('b', { ...CAP, name: 'b' }).state, take('c').state],
    ['granted', 'granted', 'refused'],
  )
})
