import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logRecord } from '../../test/support/log-record.ts'
import type { ExchangeRecord } from '../message/exchange.ts'
import { filterOf, statusRange } from './filter.ts'
import { LineLogger } from './line-logger.ts'
import type { FilterOptions } from './options.ts'
import type { Line } from './sink.ts'

test('each key of a filter lets through what it says, and all of them together what each does', () => {
  const cases: readonly (readonly [filter: FilterOptions, record: Partial<ExchangeRecord>, told: boolean])[] = [
    [{ status: 404 }, { status: 404 }, true],
    [{ status: 404 }, { status: 403 }, false],
    [{ status: '5xx' }, { status: 500 }, true],
    [{ status: '5xx' }, { status: 599 }, true],
    [{ status: '5xx' }, { status: 499 }, false],
    [{ status: ['400-403', 418, '3XX'] }, { status: 403 }, true],
    [{ status: ['400-403', 418, '3XX'] }, { status: 404 }, false],
    [{ status: ['400-403', 418, '3XX'] }, { status: 301 }, true],
    [{ route: '/a/*' }, { route: '/a/*' }, true],
    [{ route: ['/a/*', '/b'] }, { route: '/c' }, false],
    [{ route: '/a/*' }, {}, false],
    [{ resource: 'files' }, { resource: 'files' }, true],
    [{ resource: ['cgi', 'fastcgi'] }, { resource: 'files' }, false],
    [{ slower: 100 }, { duration: 100.1 }, true],
    [{ slower: 100 }, { duration: 100 }, false],
    [{ errors: true }, { status: 200 }, false],
    [{ errors: true }, { status: 404, error: new Error() }, false],
    [{ errors: true }, { status: 500 }, true],
    [{ errors: true }, { status: 200, aborted: true }, true],
    [{ errors: true }, { status: 200, error: new Error() }, true],
    [{ errors: false, sample: 1 }, { status: 200 }, true],
    [{ status: '5xx', slower: 10 }, { status: 500, duration: 9 }, false],
    [{ status: '5xx', slower: 10 }, { status: 500, duration: 11 }, true],
  ]
  for (const [options, record, told] of cases) {
    const filter = filterOf(options)
    assert.equal(filter === undefined || filter(logRecord(record)), told, JSON.stringify([options, record]))
  }
})

test('a sample is even, begins with the first, counts what the other keys let through, and is told', () => {
  const told = (options: FilterOptions, count: number): number[] => {
    const lines: string[] = []
    const sink = { writeLater: (record: ExchangeRecord, line: Line) => void lines.push(line(record)) } as never
    const logger = new LineLogger({ format: 'json', filter: options }, sink)
    for (let i = 0; i < count; i++) logger.logRequest(logRecord({ bytesOut: i, status: i % 2 === 0 ? 200 : 500 }))
    for (const line of lines) assert.equal(JSON.parse(line).sample, options.sample)
    return lines.map((line) => JSON.parse(line).bytesOut)
  }
  assert.deepEqual(told({ sample: 0.5 }, 6), [0, 2, 4])
  assert.deepEqual(told({ sample: 0.25 }, 9), [0, 4, 8])
  assert.deepEqual(told({ sample: 0.5, status: 500 }, 9), [1, 5])
  assert.equal(told({ sample: 0.1 }, 1000).length, 100)
  assert.equal(told({ sample: 0.7 }, 1000).length, 700)
})

test('what is no status and no share is refused', () => {
  for (const status of ['6xx', '0', 99, 600, '500-400', '4x', '', 'all', 404.5])
    assert.throws(() => statusRange(status))
  for (const sample of [0, -1, 1.1, Number.NaN]) assert.throws(() => filterOf({ sample }), RangeError)
})
