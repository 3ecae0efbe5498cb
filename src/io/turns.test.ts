import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Turns } from './turns.ts'

test('what has one name is done one after the other, whether or not it succeeds', async () => {
  const turns = new Turns()
  const told: string[] = []
  const step = (name: string, fails: boolean) => async (): Promise<string> => {
    told.push(`${name} begins`)
    await new Promise((resolve) => setImmediate(resolve))
    told.push(`${name} ends`)
    if (fails) throw new Error(name)
    return name
  }
  const ends = await Promise.allSettled([
    turns.take('x', step('one', true)),
    turns.take('x', step('two', false)),
    turns.take('x', step('three', false)),
  ])
  assert.deepEqual(told, ['one begins', 'one ends', 'two begins', 'two ends', 'three begins', 'three ends'])
  assert.deepEqual(
    ends.map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled'],
  )
})

test('what has another name does not wait, and nothing is remembered of what is done', async () => {
  const turns = new Turns()
  let open = (): void => {}
  const first = turns.take(
    'x',
    () =>
      new Promise<void>((resolve) => {
        open = resolve
      }),
  )
  assert.equal(await turns.take('y', async () => 'at once'), 'at once')
  assert.equal(turns.size, 1)
  open()
  await first
  await turns.take('x', async () => undefined)
  assert.equal(turns.size, 0)
})
