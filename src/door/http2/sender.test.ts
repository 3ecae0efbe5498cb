import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { EngineUnderTest } from '../../../test/support/engine.ts'
import { MemorySocket } from '../../../test/support/memory-socket.ts'
import { Ticker } from '../../io/ticker.ts'
import { Headers } from '../../message/headers.ts'
import { Response } from '../../message/response.ts'
import { OwnFields } from '../../protocol/http1/own-fields.ts'
import { renderBlock } from '../../protocol/http2/response-fields.ts'
import { Output } from './output.ts'
import { Sender } from './sender.ts'
import { Http2Stream } from './stream.ts'

interface Made {
  readonly sender: Sender
  readonly ticker: Ticker
  readonly output: Output
  readonly socket: MemorySocket
  /** The frames that were written since the last time: `type:stream:size`, with `E` for the end of the stream. */
  frames(): string[]
}

function made(): Made {
  const socket = new MemorySocket()
  const { engine } = new EngineUnderTest({ handler: () => new Response() })
  const output = new Output(socket as unknown as Socket, engine)
  output.gathering = true
  const ticker = new Ticker(500)
  const frames = (): string[] => {
    output.flush()
    const bytes = Buffer.from(socket.written, 'latin1')
    socket.written = ''
    const found: string[] = []
    for (let at = 0; at < bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
      const end = (bytes[at + 4] ?? 0) & 1 ? 'E' : ''
      found.push(`${bytes[at + 3]}:${bytes.readUInt32BE(at + 5)}:${bytes.readUIntBE(at, 3)}${end}`)
    }
    return found
  }
  return { sender: new Sender(output, ticker), ticker, output, socket, frames }
}

function stream(id: number, window: number = 1e6): Http2Stream & { told: number } {
  const one = Object.assign(new Http2Stream(id, null, window), { told: 0 })
  one.carried = {
    sent: () => {
      one.told++
    },
    gone: () => {},
    tick: () => {},
  }
  return one
}

test('content that the windows take goes out at once', () => {
  const { sender, frames } = made()
  const one = stream(1)
  assert.equal(sender.content(one, 'abc', 3, false), true)
  assert.equal(sender.content(one, 'ü', 2, false), true)
  assert.equal(sender.content(one, Buffer.from('def'), 3, true), true)
  assert.deepEqual(frames(), ['0:1:3', '0:1:2', '0:1:3E'])
  assert.deepEqual(
    [one.window, sender.window, one.ended, one.bytesOut, sender.frames],
    [1e6 - 8, 65535 - 8, true, 35, 3],
  )
})

test('content beyond a window waits for it, and is told when all of it was sent', () => {
  const { sender, frames } = made()
  const one = stream(1, 5)
  assert.equal(sender.content(one, Buffer.alloc(12), 12, true), false)
  assert.deepEqual([frames(), one.told], [['0:1:5'], 0])
  assert.equal(sender.widenStream(one, 3), true)
  assert.deepEqual(frames(), ['0:1:3'])
  sender.widenStream(one, -10)
  sender.widenStream(one, 10)
  assert.deepEqual(frames(), [])
  sender.widenStream(one, 4)
  assert.deepEqual([frames(), one.told, one.ended], [['0:1:4E'], 1, true])
})

test('streams take turns in what the connection allows', () => {
  const { sender, frames } = made()
  sender.window = 0
  const all = [1, 3, 5].map((id) => stream(id))
  for (const one of all) assert.equal(sender.content(one, Buffer.alloc(40_000), 40_000, false), false)
  assert.deepEqual(frames(), [])
  sender.widen(100_000)
  assert.deepEqual(
    frames().map((frame) => frame.split(':')[1]),
    ['1', '3', '5', '1', '3', '5', '1'],
  )
  sender.widen(1e6)
  frames()
  assert.deepEqual(
    all.map(({ told, pending }) => [told, pending]),
    all.map(() => [1, undefined]),
  )
})

test('a socket that is full lets content wait, but no fields', () => {
  const { sender, frames, output, socket } = made()
  socket.stuck = true
  sender.window = 1e6
  const large = stream(1)
  while (!output.blocked) {
    sender.content(large, Buffer.alloc(16384), 16384, false)
    output.flush()
  }
  const one = stream(3)
  assert.equal(sender.content(one, 'abc', 3, true), false)
  sender.head(stream(5), 204, renderBlock(new Headers()), undefined, new OwnFields('now', ''), true)
  socket.unstick()
  output.drained()
  sender.pump()
  assert.deepEqual(
    frames()
      .slice(-2)
      .map((frame) => frame.replace(/:\d+E/, 'E')),
    ['1:5E', '0:3E'],
  )
})

test('a usual answer needs both windows, and has its stream in each frame', () => {
  const { sender, frames } = made()
  const bytes = Buffer.from('\0\0\x01\x01\x04\0\0\0\0x\0\0\x02\0\x01\0\0\0\0ab', 'latin1')
  assert.equal(sender.usual(stream(7, 1), bytes, 10, 2), false)
  assert.equal(sender.usual(stream(9), bytes, 10, 2), true)
  assert.deepEqual(frames(), ['1:9:1', '0:9:2E'])
  sender.window = 1
  assert.equal(sender.usual(stream(11), bytes, 10, 2), false)
})

test('windows beyond 2^31 - 1 are told', () => {
  const { sender } = made()
  assert.equal(sender.widen(2 ** 31 - 1 - 65535), true)
  assert.equal(sender.widen(1), false)
  const one = stream(1, 1)
  assert.equal(sender.widenStream(one, 2 ** 31 - 2), true)
  assert.equal(sender.widenStream(one, 1), false)
})

test('who takes nothing is stalled after a while, by the window that is shut', () => {
  const { sender, ticker, output } = made()
  const one = stream(1, 0)
  const other = stream(3)
  sender.content(one, 'abc', 3, true)
  ticker.now = 5
  assert.deepEqual([sender.stalled(one, 4), sender.stalled(one, 5), sender.stalled(other, 0)], [true, false, false])
  sender.window = 0
  sender.content(other, 'abc', 3, true)
  ticker.now = 8
  assert.deepEqual([sender.stalled(other, 2), sender.stalled(other, 3)], [true, false])
  output.blocked = true
  assert.equal(sender.stalled(other, 2), false)
})
