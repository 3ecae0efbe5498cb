import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BackOff } from './back-off.ts'

interface Case {
  readonly what: string
  readonly ends: readonly (readonly [lived: number, served: boolean])[]
  readonly delays: readonly number[]
}

const CASES: readonly Case[] = [
  {
    what: 'doubles from a tenth of a second to ten',
    ends: Array.from({ length: 9 }, () => [50, false] as const),
    delays: [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000],
  },
  {
    what: 'is none after a life, and begins anew',
    ends: [
      [0, false],
      [0, false],
      [10_000, false],
      [9_999, false],
    ],
    delays: [100, 200, 0, 100],
  },
  {
    what: 'does not grow where it served',
    ends: [
      [0, true],
      [5, true],
      [5, false],
      [5, true],
    ],
    delays: [100, 100, 200, 100],
  },
]

for (const { what, ends, delays } of CASES) {
  test(`the delay before the next start ${what}`, (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    let again = 0
    const backOff = new BackOff(() => again++)
    const found = ends.map(([lived, served]) => {
      backOff.ended(lived, served)
      for (let waited = 0; ; waited++) {
        assert.equal(backOff.waits, true)
        t.mock.timers.tick(waited === 0 ? 0 : 1)
        if (!backOff.waits) return waited
      }
    })
    // A timer of 0 is one of 1.
    assert.deepEqual(
      found.map((delay) => (delay === 1 ? 0 : delay)),
      delays,
    )
    assert.equal(again, ends.length)
  })
}

test('what is stopped does not begin again', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const backOff = new BackOff(() => assert.fail('it began'))
  backOff.ended(0, false)
  backOff.stop()
  t.mock.timers.tick(20_000)
  assert.equal(backOff.waits, false)
})

test('where it is learned later that it served, the delay is the first one', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let again = 0
  const backOff = new BackOff(() => again++)
  for (let i = 0; i < 5; i++) backOff.ended(0, false)
  backOff.wasOfUse()
  t.mock.timers.tick(100)
  assert.equal(again, 1)
  backOff.ended(0, false)
  t.mock.timers.tick(200)
  assert.equal(again, 2)
})
