import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reports } from '../../../test/support/reports.ts'
import { HttpError } from '../../message/errors.ts'
import { ObjectOutlet } from './object.ts'
import { openOwn } from './open.ts'

const WAITS = { timeout: 20_000 }

/** An object in the hand of a test: what it was told, and what it answers to each batch. */
function logging(answer: (count: number) => void | Promise<void>, patience?: number) {
  const told: string[] = []
  const reports = new Reports()
  const server = {
    log: async (object: string, lines: string) => {
      told.push(`${object}: ${lines}`)
      await answer(told.length)
    },
  }
  const outlet = new ObjectOutlet({ address: 'log@paul', object: 'log', server }, reports.report, patience)
  const sink = openOwn('log@paul', outlet, reports.report, { firstPause: 1, longestPause: 1, flush: 200 })
  return { told, reports, sink }
}

test('lines go to the object together', WAITS, async () => {
  const { told, sink, reports } = logging(() => undefined)
  sink.write('{"a":1}')
  sink.write('{"a":2}')
  await sink.close()
  assert.deepEqual(told, ['log: {"a":1}\n{"a":2}'])
  assert.deepEqual([sink.dropped, reports.all.map(({ event }) => event)], [0, []])
})

for (const status of [404, 503]) {
  test(`they wait while nobody takes them (${status})`, WAITS, async () => {
    let down = true
    const { told, sink, reports } = logging((count) => {
      if (count > 6) down = false
      if (down) throw new HttpError(status)
    })
    sink.write('{"a":1}')
    while (down) {
      await sink.flush()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await sink.close()
    assert.deepEqual([told.length, new Set(told).size, sink.dropped], [7, 1, 0])
    assert.deepEqual(
      reports.all.map(({ event }) => event),
      ['A log cannot be written: its lines wait.', 'A log takes lines again.'],
    )
  })
}

for (const status of [502, 504]) {
  test(`what it may have had is sent three times, and given up then (${status})`, WAITS, async () => {
    const { told, sink, reports } = logging((count) => {
      if (count <= 3) throw new HttpError(status, { cause: new Error('it went away') })
    })
    sink.write('{"a":1}')
    while (told.length < 3) {
      await sink.flush()
      await new Promise((resolve) => setImmediate(resolve))
    }
    sink.write('{"a":2}')
    await sink.close()
    assert.deepEqual(told, [...Array(3).fill('log: {"a":1}'), 'log: {"a":2}'])
    assert.equal(sink.dropped, 1)
    assert.deepEqual(reports.all.at(-1)?.fields, { log: 'log@paul', dropped: 1 })
  })
}

test('what throws was told: it is reported, and nothing is sent again', WAITS, async () => {
  for (const error of [new HttpError(500), new TypeError('its own')]) {
    const { told, sink, reports } = logging(() => {
      throw error
    })
    sink.write('{"a":1}')
    await sink.close()
    assert.deepEqual([told.length, sink.dropped, reports.all.map(({ event }) => event)], [1, 0, ['A logger failed.']])
  }
})

test('what it refuses for good is dropped', WAITS, async () => {
  for (const status of [400, 413, 501]) {
    const { told, sink, reports } = logging(() => {
      throw new HttpError(status)
    })
    sink.write('{"a":1}')
    await sink.close()
    assert.deepEqual(
      [told.length, sink.dropped, reports.all.map(({ event }) => event)],
      [1, 1, ['Lines of a log are dropped.']],
    )
  }
})

test('one that never ends is not waited for', WAITS, async () => {
  const { told, sink } = logging(() => new Promise(() => undefined), 5)
  sink.write('{"a":1}')
  await sink.close()
  assert.deepEqual([told.length > 0, sink.dropped], [true, 1])
})
