import assert from 'node:assert/strict'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import { endedByReset } from './end-of-socket.ts'

const posix = { timeout: 20_000, skip: process.platform === 'win32' }

/** Connects, lets the other side say and do something, and reads only after that. Returns what the end was. */
async function endOf(t: TestContext, unix: boolean, act: (socket: Socket) => void): Promise<string> {
  // Of what it does not ask for nothing is read.
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, act)
  await new Promise<void>((resolve) => {
    if (unix) server.listen(join(makeFolder(), 's'), resolve)
    else server.listen(0, '127.0.0.1', resolve)
  })
  t.after(() => server.close())
  const bound = server.address() as AddressInfo | string
  const socket = typeof bound === 'string' ? connect(bound) : connect(bound.port, '127.0.0.1')
  t.after(() => socket.destroy())
  socket.pause()
  await new Promise((resolve) => socket.once('connect', resolve))
  socket.write('question')
  // What the other side does has come before anything is read.
  await new Promise((resolve) => setTimeout(resolve, 30))
  return new Promise((resolve) => {
    socket.on('end', () => resolve(endedByReset(socket) ? 'reset' : 'end'))
    socket.on('error', () => resolve('reset'))
    socket.resume()
  })
}

test('a reset that comes with the last bytes is one, over TCP', posix, async (t) => {
  const reset = (socket: Socket): void => {
    socket.on('data', () => socket.write('answer', () => socket.resetAndDestroy())).resume()
  }
  assert.equal(await endOf(t, false, reset), 'reset')
})

test('a Unix socket that is closed with unread bytes is reset', posix, async (t) => {
  const close = (socket: Socket): void => {
    socket.write('answer', () => setTimeout(() => socket.destroy(), 10))
  }
  assert.equal(await endOf(t, true, close), 'reset')
})

for (const unix of [false, true]) {
  test(`an end is none, over ${unix ? 'a Unix socket' : 'TCP'}`, posix, async (t) => {
    const end = (socket: Socket): void => void socket.on('data', () => socket.end('answer')).resume()
    assert.equal(await endOf(t, unix, end), 'end')
    const close = (socket: Socket): void =>
      void socket.on('data', () => socket.write('answer', () => socket.destroy())).resume()
    assert.equal(await endOf(t, unix, close), 'end')
  })
}
