import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Loads } from './loads.ts'
import { Scaling } from './scaling.ts'
import type { ApplicationLoad, ApplicationSpec } from './specification.ts'

const SOON = { timeout: 20_000 }
const NEVER = new Promise<never>(() => {})

function load(version: number, waiting: number, running: Readonly<Record<number, number>>): ApplicationLoad {
  const processes = Object.entries(running).map(([id, count]) => ({
    id: Number(id),
    running: count,
    served: 0,
    late: 0,
  }))
  return { key: 'a', version, waiting, processes }
}

test('what all workers have and wait for is summed up, and forgotten with them', () => {
  const loads = new Loads()
  loads.heard(load(1, 2, { 1: 3, 2: 4 }), 1)
  loads.heard(load(1, 5, { 2: 1 }), 2)
  assert.deepEqual([loads.waiting, loads.running(), loads.running(2), loads.running(3)], [7, 8, 5, 0])
  loads.heard(load(1, 0, {}), 1)
  assert.deepEqual([loads.waiting, loads.running()], [5, 1])
  loads.forget(2)
  assert.deepEqual([loads.waiting, loads.running()], [0, 0])
})

const QUIET: readonly [what: string, then: (loads: Loads) => void][] = [
  ['each worker knows and has nothing', (loads) => loads.heard(load(5, 0, { 1: 0, 2: 9 }), 1)],
  ['the worker that had something has gone', (loads) => loads.forget(1)],
]
for (const [what, then] of QUIET) {
  test(`a process is quiet when ${what}`, SOON, async () => {
    const loads = new Loads()
    loads.heard(load(4, 0, { 1: 1 }), 1)
    loads.heard(load(5, 0, {}), 2)
    let quiet = false
    const awaited = loads.quiet({ id: 1, exited: NEVER }, 5, 2 ** 30).then(() => {
      quiet = true
    })
    loads.heard(load(4, 0, { 1: 0 }), 1)
    loads.heard(load(5, 0, { 1: 1 }), 1)
    await new Promise(setImmediate)
    assert.equal(quiet, false)
    then(loads)
    await awaited
  })
}

test('a process is quiet when it has ended, or the time is over', SOON, async () => {
  const loads = new Loads()
  loads.heard(load(1, 0, { 1: 1 }), 1)
  await loads.quiet({ id: 1, exited: Promise.resolve() }, 1, 2 ** 30)
  await loads.quiet({ id: 1, exited: NEVER }, 1, 1)
})

const SPEC = { processes: { min: 1, max: 3 }, connections: 2, timeouts: { idle: 1000 } } as ApplicationSpec

interface Look {
  readonly serving: number
  readonly waiting?: number
  readonly running?: number
  readonly starting?: boolean
  readonly later?: number
  readonly ahead?: number
}

const SCALING: readonly [what: string, looks: readonly Look[], changes: readonly number[]][] = [
  ['one more at the second look at which requests wait', Array(4).fill({ serving: 1, waiting: 1 }), [0, 1, 0, 1]],
  [
    'none more where they waited but once',
    [{ serving: 1, waiting: 1 }, { serving: 1 }, { serving: 1, waiting: 1 }],
    [0, 0, 0],
  ],
  ['none more than the most', Array(4).fill({ serving: 3, waiting: 9, running: 6 }), [0, 0, 0, 0]],
  ['none more while one is starting', Array(4).fill({ serving: 1, waiting: 1, starting: true }), [0, 0, 0, 0]],
  [
    'one less after a time in which one less was enough',
    [
      { serving: 3, running: 4 },
      { serving: 3, running: 2, later: 1000 },
    ],
    [0, -1],
  ],
  [
    'none less where they were needed meanwhile',
    [
      { serving: 3, running: 5 },
      { serving: 3, running: 5, later: 999 },
      { serving: 3, later: 500 },
    ],
    [0, 0, 0],
  ],
  [
    'one after the other',
    [{ serving: 3 }, { serving: 3, later: 1000 }, { serving: 2, later: 999 }, { serving: 2, later: 1 }],
    [0, -1, 0, -1],
  ],
  [
    'what fast processes are given ahead waits too',
    [
      { serving: 1, running: 5, ahead: 15 },
      { serving: 1, running: 3, ahead: 15 },
      { serving: 2, running: 4, ahead: 15 },
      { serving: 2, running: 5 },
    ],
    [0, 1, 0, 0],
  ],
  ['none less than the least', [{ serving: 1 }, { serving: 1, later: 5000 }, { serving: 1, later: 5000 }], [0, 0, 0]],
]
for (const [what, looks, changes] of SCALING) {
  test(`as many processes as the requests need: ${what}`, (t) => {
    let now = 0
    t.mock.method(performance, 'now', () => now)
    const [{ ahead = 0 } = {}] = looks
    const scaling = new Scaling({ ...SPEC, ahead })
    const found = looks.map(({ serving, waiting = 0, running = 0, starting = false, later = 0 }) => {
      now += later
      return scaling.look(serving, { waiting, running: () => running }, starting)
    })
    assert.deepEqual(found, changes)
  })
}
