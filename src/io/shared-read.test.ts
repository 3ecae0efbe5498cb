import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import { gate } from '../../test/support/gate.ts'
import { readShared } from './shared-read.ts'

const SOON = { timeout: 20_000 }

async function listening(t: TestContext, accept: (socket: Socket) => void, path?: string): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, accept)
  server.listen(path === undefined ? { port: 0, host: '127.0.0.1' } : { path })
  await once(server, 'listening')
  t.after(() => server.close())
  return server
}

for (const path of [undefined, `${makeFolder()}/socket`]) {
  test(`accepted sockets read into one buffer, ${path === undefined ? 'TCP' : 'Unix'}`, SOON, async (t) => {
    const buffers = new Set<ArrayBufferLike>()
    const ended = [gate(), gate()]
    const texts = ['', '']
    let count = 0
    const server = await listening(
      t,
      (socket) => {
        const i = count++
        // This test is also told by a new Node that no longer has what is used here.
        const shared = readShared(socket, (size, buffer) => {
          buffers.add(buffer.buffer)
          texts[i] += buffer.toString('latin1', 0, size)
          return true
        })
        assert.ok(shared)
        socket.on('end', () => socket.end(() => ended[i]?.open()))
        socket.resume()
      },
      path,
    )
    for (const i of [0, 1]) {
      const client = connect(path === undefined ? { port: (server.address() as AddressInfo).port } : { path })
      client.resume().end(`hello from ${i}`)
      await ended[i]?.passed
    }
    assert.deepEqual(texts, ['hello from 0', 'hello from 1'])
    assert.equal(buffers.size, 1)
  })
}

test('a socket that is paused reads nothing more until it is resumed', SOON, async (t) => {
  let paused: Socket | undefined
  let size = 0
  const first = gate()
  const all = gate()
  const server = await listening(t, (socket) => {
    readShared(socket, (came) => {
      size += came
      if (paused === undefined) {
        paused = socket
        socket.pause()
        first.open()
      }
      return true
    })
    socket.on('end', () => socket.end(() => all.open()))
    socket.resume()
  })
  const client = connect({ port: (server.address() as AddressInfo).port })
  client.resume().end(Buffer.alloc(2 ** 20))
  await first.passed
  const before = size
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(size, before)
  paused?.resume()
  await all.passed
  assert.equal(size, 2 ** 20)
})

test('a socket without a system below it, or that reads elsewhere already, is left alone', () => {
  assert.equal(
    readShared(new Socket(), () => true),
    false,
  )
})
