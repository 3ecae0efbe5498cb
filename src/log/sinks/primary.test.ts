import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Batch } from './batch.ts'
import { type HandedLines, LinesToPrimary } from './primary.ts'

const WAITS = { timeout: 20_000 }

test(
  'a batch that a stopped primary does not answer is handed to it once, and taken when it goes on',
  WAITS,
  async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const told: HandedLines[] = []
    const lines = new LinesToPrimary((handed) => told.push(handed))
    const outlet = lines.outlet('log')
    const batch = Batch.of(['one', 'two'])
    for (let i = 0; i < 3; i++) {
      const sent = assert.rejects(outlet.send(batch), /does not answer/)
      t.mock.timers.tick(10_000)
      await sent
    }
    const last = outlet.send(batch)
    lines.answered(1, undefined)
    await last
    assert.deepEqual(told, [{ id: 1, log: 'log', text: 'one\ntwo' }])
  },
)

test('a batch that was refused is handed on again, and none to a primary that has gone', WAITS, async () => {
  const told: number[] = []
  const lines = new LinesToPrimary(({ id }) => told.push(id))
  const outlet = lines.outlet('log')
  const batch = Batch.of(['one'])
  const first = outlet.send(batch)
  lines.answered(1, 'no such log')
  await assert.rejects(first, /no such log/)
  const second = outlet.send(batch)
  lines.refuseAll()
  await assert.rejects(second, /has gone/)
  await assert.rejects(outlet.send(batch), /has gone/)
  assert.deepEqual(told, [1, 2])
})
