import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reports } from '../../../test/support/reports.ts'
import type { ExchangeRecord } from '../../message/exchange.ts'
import type { Line } from '../sink.ts'
import type { Batch } from './batch.ts'
import { NotNow, type Outlet, Undeliverable } from './outlet.ts'
import { Queue } from './queue.ts'

const WAITS = { timeout: 20_000 }

/** An outlet that does what it is told to, and remembers. */
class Scripted implements Outlet {
  readonly sent: string[][] = []
  reopened = 0
  closed = false
  fail: (() => unknown) | undefined
  held: (() => void) | undefined

  async send({ lines }: Batch): Promise<void> {
    const error = this.fail?.()
    if (error !== undefined) throw error
    if (this.held !== undefined) await new Promise<void>((resolve) => (this.held = resolve))
    this.sent.push(lines)
  }

  async reopen(): Promise<void> {
    this.reopened++
    this.sent.push(['(reopened)'])
  }

  async close(): Promise<void> {
    this.closed = true
  }
}

test('lines are handed on together, in order, a moment after the first', WAITS, async () => {
  const outlet = new Scripted()
  const queue = new Queue('a', outlet, () => undefined, { patience: 5 })
  queue.write('one')
  queue.write('two')
  assert.deepEqual(outlet.sent, [])
  while (outlet.sent.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  assert.deepEqual(outlet.sent, [['one', 'two']])
  await queue.close()
  assert.ok(outlet.closed)
})

test('flush waits for all that was written, and a full batch waits for no timer', WAITS, async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const outlet = new Scripted()
  const queue = new Queue('a', outlet, () => undefined, { batch: 10 })
  for (let i = 0; i < 100; i++) queue.write(`line ${i}`)
  await queue.flush()
  assert.deepEqual(
    outlet.sent.flat(),
    Array.from({ length: 100 }, (_, i) => `line ${i}`),
  )
  assert.equal(queue.dropped, 0)
  await queue.close()
})

test(
  'what finds no room is dropped, counted and told, at most once a minute, and once when it works again',
  WAITS,
  async () => {
    const { report, all: told } = new Reports()
    const outlet = new Scripted()
    outlet.held = () => undefined
    const queue = new Queue('the log', outlet, report, { lines: 10, batch: 5 })
    for (let i = 0; i < 50; i++) queue.write('x')
    assert.equal(queue.dropped, 40)
    assert.deepEqual(
      told.map(({ level, event }) => `${level} ${event}`),
      ['error Lines of a log are dropped.'],
    )
    await Promise.resolve()
    const { held } = outlet
    outlet.held = undefined
    held?.()
    await queue.flush()
    assert.equal(outlet.sent.flat().length, 10)
    const last = told.at(-1)
    assert.equal(told.length, 2)
    assert.match(last?.event ?? '', /takes lines again/)
    assert.deepEqual(last?.fields, { log: 'the log', dropped: 40 })
    await queue.close()
  },
)

test('characters that wait are bounded too', WAITS, async () => {
  const outlet = new Scripted()
  outlet.held = () => undefined
  const queue = new Queue('a', outlet, () => undefined, { bytes: 10_000, flush: 5 })
  for (let i = 0; i < 100; i++) queue.write('x'.repeat(999))
  assert.equal(queue.dropped, 90)
  await queue.close()
})

test('a place that fails gets the same lines again, and is told of once', WAITS, async () => {
  const { report, all: told } = new Reports()
  const outlet = new Scripted()
  let left = 3
  outlet.fail = () => (left-- > 0 ? new Error('the disk is full') : undefined)
  const queue = new Queue('the log', outlet, report, { firstPause: 1, patience: 1 })
  queue.write('kept')
  while (outlet.sent.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  assert.deepEqual(outlet.sent, [['kept']])
  assert.deepEqual(
    told.map(({ fields }) => fields),
    [
      { log: 'the log', dropped: 0, reason: 'the disk is full' },
      { log: 'the log', dropped: 0 },
    ],
  )
  await queue.close()
})

test('a place may say when it is to be asked again', WAITS, async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const outlet = new Scripted()
  let asked = 0
  outlet.fail = () => (asked++ === 0 ? new NotNow('later', 5_000) : undefined)
  const queue = new Queue('a', outlet, () => undefined, { batch: 1 })
  queue.write('x')
  await new Promise((resolve) => setImmediate(resolve))
  t.mock.timers.tick(4_999)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(asked, 1)
  t.mock.timers.tick(1)
  await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(outlet.sent, [['x']])
  await queue.close()
})

test('lines that are refused for good are dropped, and the next ones follow', WAITS, async () => {
  const { report, all: told } = new Reports()
  const outlet = new Scripted()
  outlet.fail = () => new Undeliverable('it throws')
  const queue = new Queue('f', outlet, report, { batch: 1 })
  queue.write('lost')
  await queue.flush()
  assert.equal(queue.dropped, 1)
  assert.deepEqual(
    told.map(({ fields }) => fields['reason']),
    ['it throws'],
  )
  outlet.fail = undefined
  queue.write('kept')
  await queue.flush()
  assert.deepEqual(outlet.sent, [['kept']])
  assert.equal(told.length, 2)
  await queue.close()
})

test('what was written before a reopening goes to the old place', WAITS, async () => {
  const outlet = new Scripted()
  const queue = new Queue('a', outlet, () => undefined)
  queue.write('old')
  queue.reopen()
  queue.write('new')
  await queue.flush()
  assert.deepEqual(outlet.sent, [['old'], ['(reopened)'], ['new']])
  await queue.close()
})

test('a place that fails is opened anew at once, before the lines that wait', WAITS, async () => {
  const outlet = new Scripted()
  outlet.fail = () => (outlet.reopened === 0 ? new Error('gone') : undefined)
  const queue = new Queue('a', outlet, () => undefined, { firstPause: 100_000 })
  queue.write('kept')
  await queue.flush()
  assert.deepEqual(outlet.sent, [])
  queue.reopen()
  await queue.flush()
  assert.deepEqual(outlet.sent, [['(reopened)'], ['kept']])
  await queue.close()
})

test('the end waits for nobody who hangs or fails: what is left is dropped, counted and told', WAITS, async () => {
  for (const how of ['hangs', 'fails']) {
    const { report, all: told } = new Reports()
    const outlet = new Scripted()
    if (how === 'hangs') outlet.held = () => undefined
    else outlet.fail = () => new Error('gone')
    const queue = new Queue('a', outlet, report, { flush: 10 })
    queue.write('one')
    queue.write('two')
    await queue.close()
    assert.equal(queue.dropped, 2, how)
    assert.equal(
      told.reduce((sum, { fields }) => sum + Number(fields['dropped']), 0),
      2,
      how,
    )
  }
})

test('what is written after the end is dropped and counted', WAITS, async () => {
  const queue = new Queue('a', new Scripted(), () => undefined)
  await queue.close()
  queue.write('late')
  assert.equal(queue.dropped, 1)
})

test(
  'the lines of records are made together, a moment later, in the order of all that was written',
  WAITS,
  async () => {
    const outlet = new Scripted()
    const queue = new Queue('a', outlet, () => undefined, { patience: 5 })
    let made = 0
    const line: Line = ({ uri }) => {
      made++
      return uri
    }
    for (let i = 0; i < 3; i++) queue.writeLater({ uri: `/${i}` } as ExchangeRecord, line)
    assert.equal(made, 0)
    queue.write('between')
    assert.equal(made, 3)
    for (let i = 3; i < 40; i++) queue.writeLater({ uri: `/${i}` } as ExchangeRecord, line)
    assert.equal(made, 3 + 32)
    await queue.flush()
    const uris = Array.from({ length: 40 }, (_, i) => `/${i}`)
    assert.deepEqual(outlet.sent.flat(), [...uris.slice(0, 3), 'between', ...uris.slice(3)])
  },
)

test('records that wait are written when the place is opened anew, closed, or the process ends', WAITS, async () => {
  const outlet = new Scripted()
  const queue = new Queue('a', outlet, () => undefined)
  const record = { uri: '/' } as ExchangeRecord
  queue.writeLater(record, () => 'before')
  queue.reopen()
  queue.writeLater(record, () => 'after')
  await queue.close()
  assert.deepEqual(outlet.sent, [['before'], ['(reopened)'], ['after']])
  queue.writeLater(record, () => 'late')
  assert.equal(queue.dropped, 1)

  const left: string[] = []
  const last = ([batch]: readonly Batch[]): unknown => left.push(...(batch?.lines ?? []))
  const ending = new Queue('b', Object.assign(new Scripted(), { last }), () => undefined, { patience: 60_000 })
  ending.writeLater(record, () => 'last')
  ending.last()
  assert.deepEqual(left, ['last'])
})

test('a record whose line cannot be made is dropped, counted and told, and no other', WAITS, async () => {
  const outlet = new Scripted()
  const reports = new Reports()
  const queue = new Queue('a', outlet, reports.report)
  const lines: Line[] = [() => 'one', () => assert.fail('no line'), () => 'three']
  for (const line of lines) queue.writeLater({} as ExchangeRecord, line)
  await queue.close()
  assert.deepEqual(outlet.sent, [['one', 'three']])
  assert.equal(queue.dropped, 1)
})
