import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pauseAfter, renewalTime } from './schedule.ts'

const DAY = 24 * 3_600_000
const MINUTE = 60_000

for (const [days, random, expected] of [
  [90, 0, 60],
  [90, 1, 57],
  [6, 0, 4],
  [6, 0.5, 3.9],
  [0, 0.5, 0],
] as const) {
  test(`a certificate for ${days} days is renewed after ${expected} (chance ${random})`, () => {
    const from = Date.parse('2026-01-01')
    assert.equal(
      Math.round((renewalTime({ from, until: from + days * DAY }, random) - from) / DAY / 0.001) * 0.001,
      expected,
    )
  })
}

test('pauses grow to half a day, and are never under an hour from the third failure on', () => {
  const least = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((failures) => pauseAfter(failures, 0) / MINUTE)
  assert.deepEqual(least, [1, 10, 60, 120, 240, 480, 720, 720, 720])
  assert.equal(pauseAfter(3, 1) / MINUTE, 75)
})
