import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { logRecord } from '../../test/support/log-record.ts'
import { jsonLines } from '../log/json.ts'
import { redactionOf } from '../log/redaction.ts'
import type { HttpError } from '../message/errors.ts'
import type { ExchangeRecord } from '../message/exchange.ts'
import { recordOf, tellLogger } from './logging.ts'

const line = jsonLines(redactionOf())
/** What a record says, without its methods. */
const facts = ({ requestField: _, responseField: __, ...rest }: ExchangeRecord): object => rest

test('a record is the same in and out of process', () => {
  const texts = fc.option(fc.string({ minLength: 1 }), { nil: undefined })
  const record = fc.record({
    time: fc.nat(4e12),
    method: fc.constantFrom('GET', 'PUT'),
    status: fc.integer({ min: 100, max: 599 }),
    contentLength: fc.nat(),
    remoteName: fc.string({ minLength: 1 }),
    user: fc.option(fc.string({ minLength: 1, unit: 'grapheme' }), { nil: undefined }),
    route: texts,
    resource: texts,
    firstByte: fc.nat(1e6).map((n) => n / 1000),
    duration: fc.nat(1e6).map((n) => n / 1000),
    aborted: fc.boolean(),
    backend: fc.option(fc.constant({ process: 7, stderr: ['x'] }), { nil: undefined }),
  })
  fc.assert(
    fc.property(record, (given) => {
      const told = logRecord(given)
      assert.deepEqual(facts(recordOf(line(told))), facts(told))
    }),
  )
})

test('an error is told by its text, and fields of messages are not known', () => {
  const record = recordOf(line(logRecord({ error: new TypeError('why'), requestField: () => 'secret' })))
  assert.deepEqual(
    [record.error, record.requestField('a'), record.responseField('a')],
    ['TypeError: why', undefined, undefined],
  )
})

test('what is no record of an exchange is refused', async () => {
  for (const text of ['x', '1', 'null', '{', '"a"']) {
    const logger = { logRequest: () => assert.fail('told') }
    await assert.rejects(tellLogger(logger, text), (error: HttpError) => error.status === 400)
  }
})

test('a logger is told of all, whatever it throws at one, and has done with it at the end', async () => {
  const seen: number[] = []
  const lines = [200, 500, 404].map((status) => line(logRecord({ status }))).join('\n')
  const throwing = {
    logRequest({ status }: ExchangeRecord) {
      seen.push(status)
      if (status === 500) throw new Error('not this one')
    },
  }
  await assert.rejects(tellLogger(throwing, lines), /not this one/)
  const later = {
    async logRequest({ status }: ExchangeRecord) {
      await new Promise((resolve) => setImmediate(resolve))
      seen.push(-status)
      if (status === 404) throw new Error('nor this')
    },
  }
  await assert.rejects(tellLogger(later, lines), /nor this/)
  assert.deepEqual(seen, [200, 500, 404, -200, -500, -404])
})
