import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messageOf } from './heard.ts'
import type { FromWorker } from './messages.ts'

test('what workers say is heard as it was said', () => {
  const processes = [{ id: 1, running: 0, served: 3, late: 0 }]
  const messages: FromWorker[] = [
    { is: 'alive' },
    { is: 'asking', id: 1, cap: { name: 'cgi', most: 4, queue: 0 } },
    { is: 'running', id: 1, group: 77 },
    { is: 'giving', id: 1 },
    { is: 'trying', id: 1, login: { place: 'a', name: 'joe', network: '192.0.2.1' }, most: 10 },
    { is: 'tried', id: 1, outcome: 'failed' },
    { is: 'calling', loads: [{ key: 'a', version: 2, waiting: 1, processes }] },
    { is: 'prepared', generation: 1 },
    { is: 'done', generation: 1 },
    { is: 'made', generation: 1, urls: ['http://a'] },
    { is: 'failed', generation: 1, message: 'why', misused: false },
  ]
  for (const message of messages) assert.deepEqual(messageOf(message), message)
})

test('what no worker says is not heard, whatever it is', () => {
  for (const given of [
    null,
    undefined,
    'alive',
    7,
    [],
    {},
    { is: 'no such thing' },
    { is: 'calling' },
    { is: 'calling', loads: {} },
    { is: 'asking', id: 1 },
    { is: 'asking', id: 1, cap: { name: 'a', most: null, queue: 0 } },
    { is: 'giving' },
    { is: 'trying', id: 1, most: 10 },
    { is: 'trying', id: 1, login: { place: 'a', name: 'joe', network: '' }, most: -1 },
    { is: 'trying', id: 1, login: { place: 'a', name: 'j'.repeat(1025), network: '' }, most: 10 },
    { is: 'trying', id: 1, login: { place: 'a', name: 7, network: '' }, most: 10 },
    { is: 'tried', id: 1, outcome: 'stolen' },
    { is: 'tried', id: 1 },
    { is: 'made', generation: 1, urls: [{}] },
    { is: 'failed', generation: 1 },
  ]) {
    assert.equal(messageOf(given), undefined, JSON.stringify(given))
  }
})

test('a load with a number that counts nothing is left out', () => {
  const good = { key: 'a', version: 1, waiting: 0, processes: [{ id: 1, running: 0, served: 0, late: 0 }] }
  const of = (one: object): object => ({ ...good, processes: [{ id: 1, running: 0, served: 0, late: 0, ...one }] })
  const bad: unknown[] = [null, 'a', { ...good, key: 1 }, { ...good, processes: {} }, { ...good, processes: [null] }]
  for (const number of [null, Number.NaN, -1, 0.5, 1e300, '1', undefined]) {
    bad.push(
      { ...good, version: number },
      { ...good, waiting: number },
      of({ served: number }),
      of({ running: number }),
    )
  }
  assert.deepEqual(messageOf({ is: 'calling', loads: [...bad, good] }), { is: 'calling', loads: [good] })
})
