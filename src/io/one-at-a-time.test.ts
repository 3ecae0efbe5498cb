import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gate } from '../../test/support/gate.ts'
import { oneAtATime } from './one-at-a-time.ts'

test('a call begins when the one before it has ended, in order, and each gets its own outcome', async () => {
  const told: string[] = []
  const gates = [gate(), gate(), gate()]
  const act = oneAtATime(async (i: number) => {
    told.push(`begins ${i}`)
    await gates[i]?.passed
    told.push(`ends ${i}`)
    return i * 2
  })
  const outcomes = [act(0), act(1), act(2)]
  for (const { open } of gates.toReversed()) open()
  assert.deepEqual(await Promise.all(outcomes), [0, 2, 4])
  assert.deepEqual(told, ['begins 0', 'ends 0', 'begins 1', 'ends 1', 'begins 2', 'ends 2'])
})

test('one that fails, at once or later, fails for who called it alone', async () => {
  const act = oneAtATime((how: string): Promise<string> => {
    if (how === 'at once') throw new Error('at once')
    return how === 'later' ? Promise.reject(new Error('later')) : Promise.resolve(how)
  })
  const [first, second, third] = await Promise.allSettled([act('at once'), act('later'), act('well')])
  assert.deepEqual(
    [first, second].map((outcome) => outcome?.status === 'rejected' && (outcome.reason as Error).message),
    ['at once', 'later'],
  )
  assert.deepEqual(third, { status: 'fulfilled', value: 'well' })
})
