import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AttemptCount } from './attempt-count.ts'

test('so many are counted and no more; those that were not seen for longest go', () => {
  const counts = new AttemptCount()
  const fail = (key: string): void => {
    const count = counts.of(key, 1, 0)
    count.begin()
    count.end(true)
  }
  fail('seen again and again')
  fail('seen once')
  for (let i = 0; i < 25_000; i++) {
    fail(`n${i}`)
    if (i % 100 === 0) counts.of('seen again and again', 1, 0)
  }
  assert.ok(counts.size > 5_000 && counts.size <= 10_000)
  assert.ok(counts.of('seen again and again', 1, 0).wait() > 0)
  assert.equal(counts.of('seen once', 1, 0).wait(), 0)
})
