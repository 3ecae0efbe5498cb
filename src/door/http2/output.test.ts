import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { EngineUnderTest } from '../../../test/support/engine.ts'
import { MemorySocket, settled } from '../../../test/support/memory-socket.ts'
import { Response } from '../../message/response.ts'
import { Output } from './output.ts'

function made(): { output: Output; socket: MemorySocket } {
  const socket = new MemorySocket()
  const { engine } = new EngineUnderTest({ handler: () => new Response(), timeouts: { write: 777 } })
  return { output: new Output(socket as unknown as Socket, engine), socket }
}

function put(output: Output, text: string): void {
  const room = output.reserve(text.length)
  output.at += room.write(text, output.at, 'latin1')
}

test('what was put is written at the end of the turn, as one', async () => {
  const { output, socket } = made()
  put(output, 'a')
  put(output, 'b')
  assert.equal(socket.written, '')
  await settled(1)
  assert.equal(socket.written, 'ab')
})

test('whoever gathers flushes', async () => {
  const { output, socket } = made()
  output.gathering = true
  put(output, 'a')
  await settled(1)
  assert.equal(socket.written, '')
  output.flush()
  assert.equal(socket.written, 'a')
})

test('a room that has no place is written before, and large things have a room of their own', () => {
  const { output, socket } = made()
  output.gathering = true
  put(output, 'a')
  put(output, 'x'.repeat(200_000))
  assert.equal(socket.written, 'a')
  output.flush()
  assert.equal(socket.written.length, 200_001)
})

test('a client that takes nothing blocks it, its patience runs, and too much is too much', () => {
  const { output, socket } = made()
  output.gathering = true
  socket.stuck = true
  put(output, 'x'.repeat(70_000))
  output.flush()
  assert.deepEqual([output.blocked, output.full, socket.watched], [true, false, true])
  put(output, 'y'.repeat(70_000))
  assert.equal(output.full, true)
  socket.unstick()
  output.drained()
  assert.deepEqual([output.blocked, output.full], [false, false])
})

test('a room that was written is used again only when the system has taken it', async () => {
  const one = made()
  one.output.gathering = true
  one.socket.stuck = true
  put(one.output, 'first')
  one.output.flush()
  const two = made()
  two.output.gathering = true
  put(two.output, 'other')
  two.output.flush()
  one.socket.unstick()
  await settled(1)
  assert.deepEqual([one.socket.written, two.socket.written], ['first', 'other'])
})

test('after our side is ended, what is put is forgotten', async () => {
  const { output, socket } = made()
  output.ended = true
  put(output, 'a')
  await settled(1)
  assert.equal(socket.written, '')
})
