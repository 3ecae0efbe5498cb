import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { LINUX } from '../../test/support/cgi-site.ts'
import { until } from '../../test/support/production.ts'
import type { Cap } from '../gateway/permits.ts'
import type { FromWorker, ToWorker } from './messages.ts'
import { AskedPermits, HandedPermits } from './permits.ts'

type Asks = Extract<FromWorker, { readonly is: 'asking' | 'running' | 'giving' }>

let names = 0

/** Workers and their primary, by messages that arrive when `deliver` is called. */
function crew(count: number) {
  const underWay: (() => void)[] = []
  const told: string[] = []
  const workers = Array.from({ length: count }, () => {
    const asked: AskedPermits = new AskedPermits((message) => underWay.push(() => handed.heard(message as Asks)))
    const handed = new HandedPermits(
      (message: ToWorker) =>
        underWay.push(() => message.do === 'permit' && asked.answered(message.id, message.granted)),
      () => process.pid,
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

test('what runs in a worker that is killed ends, and only then another may run', LINUX, async () => {
  const { workers, told, take, deliver } = crew(2)
  const program = spawn('sh', ['-c', 'trap "" TERM; echo; sleep 1000'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(program.stdout, 'data')
  const permit = take(0, 'a')
  deliver()
  permit.runs(Number(program.pid))
  take(1, 'b')
  deliver()
  workers[0]?.handed.giveAll()
  deliver()
  assert.deepEqual(told, ['a true'])
  assert.deepEqual(await once(program, 'exit'), [null, 'SIGKILL'])
  await until(() => {
    deliver()
    return told.length === 2
  })
  assert.deepEqual(told, ['a true', 'b true'])
})
