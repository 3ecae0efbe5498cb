import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { ask, failure } from '../../test/support/gateway-peer.ts'
import type { Response } from '../message/response.ts'

test('time limits: for the first byte, between two, and for all (504)', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.after(() => mock.timers.reset())
  const silent = ask()
  mock.timers.tick(2000)
  assert.match(await failure(silent.answered), /^504 .*timeouts\.firstByte/)
  assert.deepEqual(silent.peer.done, ['input', 'abort'])
  const dripping = ask()
  for (let i = 0; i < 8; i++) {
    dripping.peer.says('x')
    mock.timers.tick(250)
  }
  assert.match(await failure(dripping.answered), /^504 .*timeouts\.firstByte/)
  const stops = ask()
  stops.peer.says('A: b\n\nx')
  const response = (await stops.answered) as Response
  mock.timers.tick(3000)
  assert.match(await failure(response.text()), /^504 .*timeouts\.idle/)
  const drips = ask()
  drips.peer.says('A: b\n\n')
  const slow = (await drips.answered) as Response
  for (let i = 0; i < 12; i++) {
    mock.timers.tick(1000)
    drips.peer.says('x')
  }
  assert.match(await failure(slow.text()), /^504 .*timeouts\.total/)
})

test('what nobody wants does not put the limit between two pieces off', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.after(() => mock.timers.reset())
  const { peer, answered } = ask({ method: 'HEAD' })
  peer.says('A: b\n\n')
  await answered
  for (let i = 0; i < 3; i++) {
    peer.says('x')
    mock.timers.tick(1000)
  }
  assert.deepEqual(peer.done, ['input', 'abort'])
})

test('the limit for the first byte begins with the turn of a call; one that never has it is 503', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.after(() => mock.timers.reset())
  const [begins, waits] = [ask(), ask()]
  for (const { peer } of [begins, waits]) peer.waiting = true
  mock.timers.tick(1000)
  begins.peer.waiting = false
  begins.peer.events?.begun?.()
  mock.timers.tick(1000)
  assert.match(await failure(waits.answered), /^503 peer: no turn/)
  assert.deepEqual(begins.peer.done, ['input'])
  mock.timers.tick(1000)
  assert.match(await failure(begins.answered), /^504 .*timeouts\.firstByte/)
})

test('words on the error output are no answer: they put no limit off', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.after(() => mock.timers.reset())
  const { peer, answered } = ask()
  for (let i = 0; i < 3; i++) {
    peer.events?.errorOutput(Buffer.from('working\n'))
    mock.timers.tick(1000)
  }
  assert.match(await failure(answered), /^504 .*timeouts\.firstByte/)
})
