import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthenticationFailed } from '../../message/errors.ts'
import { type AskForUser, functionStore } from './function.ts'

/** What a store says of whom the function knows so, at once and later. */
async function bothWays(told: unknown, check: (ask: () => unknown) => Promise<void>): Promise<void> {
  await check(() => functionStore((() => told) as AskForUser).authenticateUser('joe', 'secret'))
  await check(() => functionStore((async () => told) as AskForUser).authenticateUser('joe', 'secret'))
}

test('a function says who somebody is, by name and password', async () => {
  const record = { name: 'joe', groups: ['staff'] }
  const asked: string[][] = []
  const store = functionStore((...given) => {
    asked.push(given)
    return record
  })
  assert.deepEqual(store.authenticateUser('joe', 'secret'), record, 'at once')
  assert.deepEqual(asked, [['joe', 'secret']])
  await bothWays(record, async (ask) => assert.deepEqual(await ask(), { name: 'joe', groups: ['staff'] }))
})

test('of whom it knows nothing nobody comes in', async () => {
  for (const told of [undefined, null]) {
    await bothWays(told, (ask) => assert.rejects(async () => ask(), AuthenticationFailed))
  }
})

test('what is no record lets nobody in', async () => {
  for (const told of [
    true,
    'joe',
    {},
    { name: 'joe' },
    { name: '', groups: [] },
    { name: 'joe\n', groups: [] },
    { name: 7, groups: [] },
    { name: 'joe', groups: 'staff' },
    { name: 'joe', groups: [7] },
    { name: 'joe', groups: ['a\r'] },
  ]) {
    await bothWays(told, (ask) => assert.rejects(async () => ask(), TypeError))
  }
})

test('what the function does with its record later changes nothing', () => {
  const record = { name: 'joe', groups: ['staff'] }
  const told = functionStore(() => record).authenticateUser('joe', 'secret')
  record.groups.push('admins')
  assert.deepEqual(told, { name: 'joe', groups: ['staff'] })
})

test('what the function throws is thrown', async () => {
  const error = new Error('the database is away')
  const store = functionStore(() => Promise.reject(error))
  await assert.rejects(async () => store.authenticateUser('joe', 'secret'), error)
})
