import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { awake } from '../../test/support/awake.ts'
import { gate } from '../../test/support/gate.ts'
import { MemorySocket, settled } from '../../test/support/memory-socket.ts'
import { attach, awaitDrain, awaitTaken, detach, type SocketEvents, taken } from './attach.ts'

const SOON = { timeout: 20_000 }

/** What a connection is told, in order. */
class Told implements SocketEvents {
  readonly heard: string[] = []
  readonly stall = gate<void>()

  received(bytes: Buffer): void {
    this.heard.push(bytes.toString('latin1'))
  }
  halfClosed(): void {
    this.heard.push('half closed')
  }
  drained(): void {
    this.heard.push('drained')
  }
  stalled(): void {
    this.heard.push('stalled')
    this.stall.open()
  }
  closed(): void {
    this.heard.push('closed')
  }
}

function attached(): { memory: MemorySocket; socket: Socket; heard: string[]; stalled: Promise<void> } {
  const memory = new MemorySocket()
  const socket = memory as unknown as Socket
  const told = new Told()
  attach(socket, told)
  return { memory, socket, heard: told.heard, stalled: told.stall.passed }
}

/** A socket whose other side takes nothing, with more written than it holds. */
function full(): ReturnType<typeof attached> {
  const all = attached()
  all.memory.stuck = true
  assert.equal(all.socket.write(Buffer.alloc(200_000)), false)
  return all
}

test('a connection hears of bytes, of the end of the other side, and of the close, in this order', SOON, async () => {
  const { memory, heard } = attached()
  memory.push(Buffer.from('one'))
  await settled()
  memory.push(Buffer.from('two'))
  memory.push(null)
  await settled()
  assert.deepEqual(heard, ['one', 'two', 'half closed'])
  memory.destroy()
  await settled()
  assert.deepEqual(heard, ['one', 'two', 'half closed', 'closed'])
})

test('an error is heard as the close that follows it, and does not end the process', SOON, async () => {
  const { memory, heard } = attached()
  memory.destroy(new Error('reset'))
  await settled()
  assert.deepEqual(heard, ['closed'])
})

test('two sockets share their listeners, and tell each its own connection', SOON, async () => {
  const [a, b] = [attached(), attached()]
  for (const event of ['data', 'end', 'error', 'close'])
    assert.deepEqual(a.memory.listeners(event), b.memory.listeners(event), event)
  a.memory.push(Buffer.from('a'))
  b.memory.push(Buffer.from('b'))
  await settled()
  assert.deepEqual([a.heard, b.heard], [['a'], ['b']])
})

test('a drain that is awaited is heard once, and ends the waiting', SOON, async () => {
  const { memory, socket, heard } = full()
  awaitDrain(socket, 5000)
  assert.equal(memory.watched, true)
  memory.unstick()
  await settled()
  assert.deepEqual(heard, ['drained'])
  assert.equal(memory.watched, false)
  memory.emit('drain')
  assert.deepEqual(heard, ['drained'])
})

test('a drain that does not come in time is heard as a stall', SOON, async () => {
  const { socket, heard, stalled } = full()
  awaitDrain(socket, 10)
  await awake(stalled)
  assert.deepEqual(heard, ['stalled'])
})

test('a drain that nobody awaits is not heard', SOON, async () => {
  const { memory, heard } = full()
  memory.unstick()
  await settled()
  assert.deepEqual(heard, [])
})

test('a small write that is not taken is heard as a stall, and no more once it is taken', SOON, async () => {
  const [quick, slow] = [attached(), attached()]
  awaitTaken(quick.socket, 10)
  taken(quick.socket)
  awaitTaken(slow.socket, 20)
  await awake(slow.stalled)
  assert.deepEqual([quick.heard, slow.heard], [[], ['stalled']])
  taken(slow.socket)
  assert.deepEqual([quick.memory.watched, slow.memory.watched], [false, false])
})

test('a socket that was detached tells nothing, and keeps no wait and no listener but for errors', SOON, async () => {
  const { memory, socket, heard } = full()
  awaitDrain(socket, 5000)
  detach(socket)
  assert.equal(memory.watched, false)
  for (const event of ['data', 'drain']) assert.equal(memory.listenerCount(event), 0, event)
  memory.unstick()
  memory.push(Buffer.from('for the next'))
  await settled()
  memory.destroy(new Error('reset'))
  await settled()
  assert.deepEqual(heard, [])
})

test('the next one that listens to a detached socket gets the bytes, those too that came between', SOON, async () => {
  const { memory, socket, heard } = attached()
  memory.push(Buffer.from('first'))
  await settled()
  detach(socket)
  assert.equal(memory.readableFlowing, null)
  memory.push(Buffer.from('between '))
  await settled()
  let text = ''
  socket.on('data', (bytes) => {
    text += bytes
  })
  memory.push(Buffer.from('after'))
  await settled()
  assert.equal(text, 'between after')
  assert.deepEqual(heard, ['first'])
})

test('a socket that was paused when it was detached flows again for the next one', SOON, async () => {
  const { memory, socket } = attached()
  socket.pause()
  detach(socket)
  const came = once(socket, 'data')
  memory.push(Buffer.from('x'))
  assert.equal(String((await came)[0]), 'x')
})

test('a socket that was detached can be attached again', SOON, async () => {
  const { memory, socket, heard } = attached()
  detach(socket)
  const again = new Told()
  attach(socket, again)
  memory.push(Buffer.from('x'))
  memory.push(null)
  await settled()
  assert.deepEqual([heard, again.heard], [[], ['x', 'half closed']])
})

/** Both ends of a connection over loopback; the accepted one is attached before anything comes. */
async function accepted(t: TestContext, events: SocketEvents): Promise<{ socket: Socket; client: Socket }> {
  const server = createServer({ allowHalfOpen: true })
  server.listen({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const [opened, client] = [once(server, 'connection'), connect((server.address() as AddressInfo).port, '127.0.0.1')]
  t.after(() => {
    server.close()
    client.destroy()
    socket.destroy()
  })
  const [socket] = (await opened) as [Socket]
  attach(socket, events)
  return { socket, client }
}

test('over a real socket, bytes are there only during the call', SOON, async (t) => {
  const kept: Buffer[] = []
  const told = new Told()
  const { socket, client } = await accepted(t, told)
  const { received } = told
  told.received = (bytes) => {
    kept.push(bytes)
    received.call(told, bytes)
    socket.write('.')
  }
  for (const piece of ['first', 'other']) {
    client.write(piece)
    await once(client, 'data')
  }
  assert.deepEqual(told.heard, ['first', 'other'])
  // The second came where the first had been: one buffer for all.
  assert.deepEqual(kept.map(String), ['other', 'other'])
})

test('over a real socket, the bytes after a detach stay as they are for the next one', SOON, async (t) => {
  const told = new Told()
  const { socket, client } = await accepted(t, told)
  detach(socket)
  const kept: Buffer[] = []
  socket.on('data', (bytes) => {
    kept.push(bytes)
    socket.write('.')
  })
  for (const piece of ['first', 'other']) {
    client.write(piece)
    await once(client, 'data')
  }
  client.end()
  await once(socket, 'end')
  assert.deepEqual(kept.map(String), ['first', 'other'])
  assert.deepEqual(told.heard, [])
})
