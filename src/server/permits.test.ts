import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cap } from '../gateway/permits.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import { AskedPermits, HandedPermits } from './permits.ts'

type Asks = Extract<FromWorker, { readonly is: 'asking' | 'giving' }>

let names = 0

/** Workers and their primary, by messages that arrive when `deliver` is called. */
function crew(count: number) {
  const underWay: (() => void)[] = []
  const told: string[] = []
  const workers = Array.from({ length: count }, () => {
    const asked: AskedPermits = new AskedPermits((message) => underWay.push(() => handed.heard(message as Asks)))
    const handed = new HandedPermits((message: ToWorker) =>
      underWay.push(() => message.do === 'permit' && asked.answered(message.id, message.granted)),
    )
    return { asked, handed }
  })
  const cap: Cap = { name: `crew ${++names}`, most: 1, queue: 1 }
  const take = (worker: number, name: string) => {
    const permit = workers[worker]?.asked.take(cap, { permitted: (granted) => void told.push(`${name} ${granted}`) })
    assert.ok(permit !== undefined)
    return permit
  }
  const deliver = (): void => {
    for (let next = underWay.shift(); next !== undefined; next = underWay.shift()) next()
  }
  return { workers, told, take, deliver }
}

test('the primary counts for all workers together', () => {
  const { take, told, deliver } = crew(3)
  const a = take(0, 'a')
  assert.equal(a.state, 'waiting')
  deliver()
  take(1, 'b')
  take(2, 'c')
  deliver()
  assert.deepEqual(told, ['a true', 'c false'])
  a.give()
  deliver()
  assert.deepEqual(told, ['a true', 'c false', 'b true'])
})

test('a worker that ends gives back what it had, and its place in the queue', () => {
  const { workers, take, told, deliver } = crew(3)
  take(0, 'a')
  take(1, 'b')
  deliver()
  workers[1]?.handed.giveAll()
  take(2, 'c')
  deliver()
  workers[0]?.handed.giveAll()
  deliver()
  assert.deepEqual(told, ['a true', 'c true'])
})

test('who gives up while the answer is under way keeps nothing', () => {
  const { take, told, deliver } = crew(2)
  take(0, 'a').give()
  deliver()
  take(1, 'b')
  deliver()
  assert.deepEqual(told, ['b true'])
})

test('where the primary has gone nobody waits', () => {
  const { workers, take, told } = crew(1)
  const a = take(0, 'a')
  workers[0]?.asked.refuseAll()
  assert.deepEqual([told, a.state, take(0, 'b').state], [['a false'], 'refused', 'refused'])
})
