import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorLog } from './error-log.ts'
import type { ErrorEntry, ErrorLogOptions, OnError } from './error-log-options.ts'

const WAITS = { timeout: 10_000 }

function opened(options: ErrorLogOptions = {}, onError?: OnError) {
  const lines: string[] = []
  const nothing = (): Promise<void> => Promise.resolve()
  const sink = {
    write: (line: string) => void lines.push(line),
    flush: nothing,
    close: nothing,
    reopen: () => undefined,
    dropped: 0,
  }
  return { lines, report: new ErrorLog(options, sink, onError).report }
}

test('what is at least of the level is told', () => {
  const cases: readonly (readonly [ErrorLogOptions, number])[] = [
    [{}, 2],
    [{ level: 'debug' }, 4],
    [{ level: 'info' }, 3],
    [{ level: 'error' }, 1],
  ]
  for (const [options, count] of cases) {
    const { lines, report } = opened(options)
    for (const level of ['debug', 'info', 'warn', 'error'] as const) report(level, 'Something.')
    assert.equal(lines.length, count)
  }
})

test('no value forges an entry or acts on a terminal, in either format', () => {
  const nasty = 'x\r\n2026-01-01 00:00:00 error: forged \u001b[2J \u009b \u202e \u2028'
  const error = new Error(nasty)
  error.stack = `Error: ${nasty}\n    at ${nasty}`
  for (const format of ['text', 'json'] as const) {
    const { lines, report } = opened({ format })
    report('error', nasty, { uri: nasty, [nasty]: nasty, list: [nasty], error, level: 'debug', time: 0 })
    const [line = ''] = lines
    assert.doesNotMatch(line, /[\0-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]/)
    if (format === 'json') {
      assert.ok(!line.includes('\n'))
      const entry = JSON.parse(line) as Record<string, unknown>
      assert.equal(entry['level'], 'error')
      assert.equal(entry['level_'], 'debug')
    } else for (const further of line.split('\n').slice(1)) assert.match(further, /^ {2}/)
  }
})

test('JSON has what programs ask for', () => {
  const { lines, report } = opened({ format: 'json' })
  report('warn', 'Something.', { requestId: 'r-1', status: 500, error: new TypeError('x'), left: undefined })
  const { time, stack, ...rest } = JSON.parse(lines[0] ?? '') as Record<string, unknown>
  assert.match(String(time), /^\d{4}-\d\d-\d\dT/)
  assert.ok(Array.isArray(stack))
  assert.deepEqual(rest, { level: 'warn', event: 'Something.', requestId: 'r-1', status: 500, error: 'TypeError: x' })
})

test('a flood of one event is summed up, and others are told', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { lines, report } = opened()
  for (let i = 0; i < 1000; i++) report('error', 'The request failed.', { error: new Error('the same') })
  report('error', 'The request failed.', { error: new Error('another') })
  assert.equal(lines.length, 11)
  t.mock.timers.tick(60_000)
  assert.equal(lines.length, 12)
  assert.match(lines[11] ?? '', /more=990/)
  report('error', 'The request failed.', { error: new Error('the same') })
  assert.equal(lines.length, 13)
})

test('values that throw when they are asked fail nobody', () => {
  const { lines, report } = opened()
  report('error', 'x', {
    bad: {
      toJSON: () => {
        throw new Error('no')
      },
      toString: () => {
        throw new Error('no')
      },
    },
  })
  const error = Object.defineProperty(new Error('x'), 'stack', {
    get: () => {
      throw null
    },
  })
  report('error', 'y', { error })
  assert.equal(lines.length, 2)
})

test('the target of a request is told without the secrets in its query, in either format', () => {
  for (const format of ['text', 'json'] as const) {
    const { lines, report } = opened({ format })
    report('error', 'x', { uri: '/a?b=c&user[Pass%77ord]=swordfish;and=more' })
    assert.match(lines[0] ?? '', /b=c/)
    assert.doesNotMatch(lines[0] ?? '', /swordfish|more/)
  }
})

test('onError is called for errors only, one at a time, and is told how many it missed', WAITS, async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const told: ErrorEntry[] = []
  let running = 0
  let end = (): void => undefined
  const { report } = opened({ level: 'error' }, async (entry) => {
    assert.equal(++running, 1)
    told.push(entry)
    await new Promise<void>((resolve) => (end = resolve))
    running--
  })
  report('warn', 'not this')
  for (let i = 0; i < 50; i++) report('error', `event ${i}`)
  assert.deepEqual(
    told.map(({ event }) => event),
    ['event 0'],
  )
  end()
  await new Promise((resolve) => setImmediate(resolve))
  t.mock.timers.tick(4_999)
  assert.equal(told.length, 1)
  t.mock.timers.tick(1)
  assert.deepEqual(
    told.map(({ event, missed }) => [event, missed]),
    [
      ['event 0', undefined],
      ['event 1', 48],
    ],
  )
  end()
})

test('an onError that fails is told of once', WAITS, async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { lines, report } = opened({}, () => {
    throw new Error('the pager is broken')
  })
  for (let i = 0; i < 3; i++) {
    report('error', `event ${i}`)
    await new Promise((resolve) => setImmediate(resolve))
    t.mock.timers.tick(5_000)
  }
  assert.deepEqual(
    lines.map((line) => /onError failed/.test(line)),
    [false, true, false, false],
  )
})
