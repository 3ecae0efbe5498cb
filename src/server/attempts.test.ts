import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Login } from '../access/attempts.ts'
import { AskedAttempts, HeardAttempts } from './attempts.ts'
import type { FromWorker } from './messages.ts'

type Told = Extract<FromWorker, { readonly is: 'trying' | 'tried' }>

let names = 0

/** Workers and their primary, and somebody new who logs in. */
function crew(count: number) {
  const workers = Array.from({ length: count }, () => {
    const asked: AskedAttempts = new AskedAttempts((message) => queueMicrotask(() => heard.heard(message as Told)))
    const heard = new HeardAttempts((message) => message.do === 'try' && asked.answered(message.id, message.refused))
    return { asked, heard }
  })
  const login: Login = { place: 'crew', name: `joe ${++names}`, network: `net ${names}` }
  const begin = (worker: number) => (workers[worker] as (typeof workers)[0]).asked.begin(login, 4)
  return { workers, begin }
}

test('failures are counted over all workers together', async () => {
  const { begin } = crew(3)
  for (let i = 0; i < 4; i++) {
    const attempt = await begin(i % 3)
    assert.equal(attempt.refused, undefined)
    attempt.end('failed')
  }
  for (const worker of [0, 1, 2]) {
    const { refused } = await begin(worker)
    assert.deepEqual([refused?.limit, refused?.first], ['name', worker === 0])
  }
})

test('a success in one worker counts for all', async () => {
  const { begin } = crew(2)
  for (let i = 0; i < 3; i++) (await begin(0)).end('failed')
  ;(await begin(1)).end('succeeded')
  for (let i = 0; i < 4; i++) {
    const attempt = await begin(0)
    assert.equal(attempt.refused, undefined)
    attempt.end('failed')
  }
})

test('what was under way in a worker that ended has failed', async () => {
  const { workers, begin } = crew(2)
  for (let i = 0; i < 4; i++) await begin(0)
  assert.equal((await begin(1)).refused, undefined)
  workers[0]?.heard.endAll()
  assert.notEqual((await begin(1)).refused, undefined)
})

test('without a primary nobody waits, and nobody guesses uncounted', async () => {
  const told: unknown[] = []
  const asked = new AskedAttempts((message) => told.push(message))
  const login = { place: 'a', name: 'b', network: 'c' }
  const waiting = asked.begin(login, 4)
  asked.refuseAll()
  assert.notEqual((await waiting).refused, undefined)
  assert.notEqual((await asked.begin(login, 4)).refused, undefined)
  assert.equal(told.length, 1)
})

test('a worker that has everything tried at once is stopped, and ends nothing that it has not begun', () => {
  const answers: boolean[] = []
  const heard = new HeardAttempts((message) => message.do === 'try' && answers.push(message.refused === undefined))
  heard.heard({ is: 'tried', id: 99_999, outcome: 'succeeded' })
  for (let id = 0; id < 10_001; id++) {
    heard.heard({ is: 'trying', id, login: { place: 'full', name: `n${id}`, network: `n${id}` }, most: 4 })
  }
  assert.deepEqual([answers.at(-2), answers.at(-1)], [true, false])
})
