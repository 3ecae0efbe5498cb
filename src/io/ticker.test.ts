import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { Ticker } from './ticker.ts'

/** A ticker whose clock a test turns. */
function ticking(t: TestContext, length: number) {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'], now: Date.parse('2024-02-03T04:05:06.900Z') })
  const ticker = new Ticker(length)
  const seen: [now: number, date: string][] = []
  ticker.start(() => seen.push([ticker.now, ticker.date]))
  return { ticker, seen, pass: (milliseconds: number) => t.mock.timers.tick(milliseconds) }
}

test('the date is there before the first tick', (t) => {
  assert.equal(ticking(t, 100).ticker.date, 'Sat, 03 Feb 2024 04:05:06 GMT')
})

test('each tick counts one, renews the date, and only then calls', (t) => {
  const { seen, pass } = ticking(t, 100)
  pass(99)
  assert.deepEqual(seen, [])
  pass(1)
  pass(900)
  pass(100)
  assert.deepEqual(seen[0], [1, 'Sat, 03 Feb 2024 04:05:07 GMT'])
  assert.deepEqual(seen[9], [10, 'Sat, 03 Feb 2024 04:05:07 GMT'])
  assert.deepEqual(seen[10], [11, 'Sat, 03 Feb 2024 04:05:08 GMT'])
  assert.equal(seen.length, 11)
})

test('a ticker that was stopped calls no more, and may be stopped again or before it began', (t) => {
  const { ticker, seen, pass } = ticking(t, 100)
  pass(100)
  ticker.stop()
  ticker.stop()
  pass(1000)
  assert.equal(seen.length, 1)
  new Ticker(100).stop()
})

test('a ticker that was stopped can begin again, and goes on counting', (t) => {
  const { ticker, seen, pass } = ticking(t, 100)
  pass(100)
  ticker.stop()
  ticker.start(() => seen.push([ticker.now, 'again']))
  pass(100)
  assert.deepEqual(seen[1], [2, 'again'])
})

for (const [milliseconds, ticks] of [
  [0, 1],
  [1, 2],
  [99, 2],
  [100, 2],
  [101, 3],
  [60_000, 601],
  [2 ** 30 * 100, 2 ** 30 + 1],
  [2 ** 30 * 100 + 1, 2 ** 30],
  [Number.MAX_SAFE_INTEGER, 2 ** 30],
  [Number.POSITIVE_INFINITY, 2 ** 30],
] as const) {
  test(`${milliseconds} ms are ${ticks} ticks of 100 ms`, () => {
    assert.equal(new Ticker(100).ticks(milliseconds), ticks)
  })
}

test('a deadline is never kept too early, whenever within a tick it is set', (t) => {
  for (const late of [0, 1, 50, 99]) {
    t.mock.timers.reset()
    const { ticker, pass } = ticking(t, 100)
    pass(late)
    const deadline = ticker.now + ticker.ticks(250)
    pass(249)
    assert.ok(ticker.now < deadline, `${late} ms after a tick`)
    pass(200)
    assert.ok(ticker.now >= deadline, `${late} ms after a tick`)
  }
})

test('a ticker does not keep the process alive', () => {
  const script = `
    import { Ticker } from ${JSON.stringify(new URL('./ticker.js', import.meta.url).href)}
    new Ticker(60_000).start(() => {})`
  const { status, signal } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { timeout: 15_000 })
  assert.deepEqual([status, signal], [0, null])
})
