import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpError } from '../../message/errors.ts'
import type { ServerInfo } from '../server.ts'
import { type Asked, collected } from './collect.ts'

type Told = Awaited<ReturnType<typeof collected>>

function server(name: string, info: Asked['info']): Asked {
  return { name, kind: 'fastcgi', info, pathOf: (object) => `/${object}@${name}` }
}

function never(): Promise<ServerInfo> {
  return new Promise(() => undefined)
}

const SAID: ServerInfo = { software: 'x/1', since: '2026-01-01T00:00:00Z', objects: [{ name: 'a', methods: ['GET'] }] }

async function only(info: Asked['info']): Promise<Told[number] | undefined> {
  return (await collected([server('s', info)], 5000))[0]
}

test('what an object server says of itself and its objects', async () => {
  assert.deepEqual(await only(async () => SAID), {
    name: 's',
    kind: 'fastcgi',
    answers: true,
    says: true,
    software: 'x/1',
    since: '2026-01-01T00:00:00Z',
    objects: [{ name: 'a', path: '/a@s', methods: ['GET'] }],
  })
})

test('a reason is in words, and has nothing of the system', async () => {
  const cause = new Error('connect ECONNREFUSED /run/secret.sock')
  for (const [status, reason] of [
    [503, 'It cannot be reached.'],
    [504, 'It did not answer in time.'],
    [502, 'Its answer could not be understood.'],
    [500, 'It could not be asked.'],
  ] as const) {
    const told = await only(() => Promise.reject(new HttpError(status, { cause, detail: 'secret' })))
    assert.deepEqual(told, { name: 's', kind: 'fastcgi', answers: false, says: false, reason })
  }
  const thrown = await only(() => {
    throw cause
  })
  assert.equal(thrown?.reason, 'It could not be asked.')
})

test('one that knows of FastCGI only answers, and does not say', async () => {
  const told = await only(() => Promise.reject(new HttpError(501)))
  assert.deepEqual([told?.answers, told?.says, told?.objects], [true, false, undefined])
})

test('names that are none, and a software or a time that is none, are left out', async () => {
  const objects = ['info', '../a', 'a/b', '', 'x'.repeat(101), 'good'].map((name) => ({ name, methods: [] }))
  const told = await only(async () => ({ software: 'a\r\nb', since: '<b>', objects }))
  assert.deepEqual(told?.objects, [{ name: 'good', path: '/good@s', methods: [] }])
  assert.deepEqual([told?.software, told?.since], [undefined, undefined])
})

test('slow ones cost their own entries only, and the whole ends in time', async () => {
  const asked = [server('a', never), server('b', async () => SAID), server('c', never), server('d', async () => SAID)]
  const told = await collected(asked, 80)
  assert.deepEqual(
    told.map(({ name, answers, reason }) => [name, answers, reason]),
    [
      ['a', false, 'It did not answer in time.'],
      ['b', true, undefined],
      ['c', false, 'It did not answer in time.'],
      ['d', true, undefined],
    ],
  )
})

test('of a thousand, some are asked at once, and all are told; slow ones keep none from being asked', async () => {
  let running = 0
  let most = 0
  const quick = async (): Promise<ServerInfo> => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
    return SAID
  }
  const asked = Array.from({ length: 1000 }, (_, i) => server(`s${i}`, i < 100 ? never : quick))
  const told = await collected(asked, 2000)
  assert.equal(told.filter(({ answers }) => answers).length, 900)
  assert.ok(most <= 64, `${most} at once`)
})

test('what comes late changes nothing of what was told', async () => {
  const late: ((said: ServerInfo) => void)[] = []
  const told = await collected([server('a', () => new Promise((resolve) => late.push(resolve)))], 20)
  late[0]?.(SAID)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(told[0]?.answers, false)
})

test('of more objects than a page bears, the rest is counted; of what they say there is an end', async () => {
  const info = { description: 'x'.repeat(2000) }
  const objects = Array.from({ length: 20_100 }, (_, i) => ({ name: `o${i}`, methods: ['GET'], info }))
  const told = await only(async () => ({ objects }))
  assert.deepEqual([told?.objects?.length, told?.more], [20_000, 100])
  assert.ok(JSON.stringify(told).length < 8e6)
})

test('no servers are told at once', async () => assert.deepEqual(await collected([], 1000), []))
