import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { awake } from '../../test/support/awake.ts'
import { gate } from '../../test/support/gate.ts'
import { StallWatch } from './stall-watch.ts'

const SOON = { timeout: 20_000 }
const PATIENCE = 20

/** A socket whose lower handle, that of the connection below TLS, tells how many bytes wait. */
function socketWith(handle: { bytesWritten: number; writeQueueSize: number }): Socket {
  return { _handle: { bytesWritten: 1, writeQueueSize: 1, _parent: handle } } as unknown as Socket
}

test('who takes nothing is told of, however much is written meanwhile', SOON, async () => {
  const handle = { bytesWritten: 1000, writeQueueSize: 900 }
  const more = setInterval(() => {
    handle.bytesWritten += 10
    handle.writeQueueSize += 10
  }, 1)
  const stall = gate()
  const socket = socketWith(handle)
  new StallWatch(socket, PATIENCE, function (this: Socket) {
    assert.equal(this, socket)
    stall.open()
  })
  await awake(stall.passed)
  clearInterval(more)
})

test('who takes a little now and then is not told of, until nothing more is taken', SOON, async () => {
  const handle = { bytesWritten: 1000, writeQueueSize: 900 }
  const stall = gate()
  let looks = 0
  // Every look of the watch finds one byte more taken, five times.
  const watched = {
    bytesWritten: 1000,
    get writeQueueSize() {
      return looks++ < 5 ? --handle.writeQueueSize : handle.writeQueueSize
    },
  }
  new StallWatch(socketWith(watched), PATIENCE, () => stall.open())
  await awake(stall.passed)
  assert.equal(looks, 6)
})

test('a watch that was stopped tells nothing', SOON, async () => {
  const stall = gate()
  const still = { bytesWritten: 0, writeQueueSize: 0 }
  new StallWatch(socketWith(still), PATIENCE, () => assert.fail('it was stopped')).stop()
  new StallWatch(socketWith(still), 2 * PATIENCE, () => stall.open())
  await awake(stall.passed)
})
