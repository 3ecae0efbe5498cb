import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstatSync, readdirSync } from 'node:fs'
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { certificate } from '../../test/support/certificates.ts'
import { makeFolder } from '../../test/support/folder.ts'
import { type Gate, gate } from '../../test/support/gate.ts'
import type { ListenAddress } from './bound.ts'
import { type Accepting, Listener } from './listener.ts'

const SOON = { timeout: 20_000 }

interface Door extends Accepting {
  readonly calls: string[]
  readonly sockets: Socket[]
  readonly spoken: Gate<Socket>
}

/** A front door that notes what it is told, and closes its sockets after the test. */
function door(t: TestContext, admits: boolean = true): Door {
  const sockets: Socket[] = []
  const noted = (call: string, socket: Socket): void => {
    it.calls.push(call)
    sockets.push(socket)
    socket.on('error', () => {})
  }
  const it: Door = {
    calls: [],
    sockets,
    spoken: gate<Socket>(),
    handshake: 10_000,
    prepare: () => Promise.resolve(),
    failed: (error) => assert.fail(error),
    admit: (socket) => {
      noted('admit', socket)
      if (!admits) socket.destroy()
      return admits
    },
    admitSilent: (socket) => {
      noted('admit silent', socket)
      return true
    },
    speak: (socket) => {
      noted('speak', socket)
      it.spoken.open(socket)
    },
  }
  t.after(() => {
    for (const socket of sockets) socket.destroy()
  })
  return it
}

async function listening(t: TestContext, address: ListenAddress, accepting: Accepting = door(t)): Promise<Listener> {
  const listener = await Listener.open(address, accepting)
  t.after(() => listener.close())
  return listener
}

function client(t: TestContext, to: NetConnectOpts): Socket {
  const socket = connect({ allowHalfOpen: true, ...to })
  socket.on('error', () => {})
  t.after(() => socket.destroy())
  return socket
}

function portOf({ url }: Listener): number {
  return Number(new URL(url).port)
}

test('without a port and a host, the system chooses a port on 127.0.0.1', SOON, async (t) => {
  const listener = await listening(t, {})
  assert.match(listener.url, /^http:\/\/127\.0\.0\.1:\d+$/)
  assert.equal(listener.secure, false)
  await once(client(t, { port: portOf(listener), host: '127.0.0.1' }), 'connect')
})

test('a connection is admitted and then spoken on, the same socket', SOON, async (t) => {
  const accepting = door(t)
  const listener = await listening(t, {}, accepting)
  client(t, { port: portOf(listener), host: '127.0.0.1' })
  await accepting.spoken.passed
  assert.deepEqual(accepting.calls, ['admit', 'speak'])
  assert.equal(accepting.sockets[0], accepting.sockets[1])
})

test('a connection that is not admitted is not spoken on', SOON, async (t) => {
  const accepting = door(t, false)
  const listener = await listening(t, {}, accepting)
  await once(client(t, { port: portOf(listener), host: '127.0.0.1' }).resume(), 'end')
  assert.deepEqual(accepting.calls, ['admit'])
})

test('who ends its side can still be written to', SOON, async (t) => {
  const accepting = door(t)
  const listener = await listening(t, {}, accepting)
  const other = client(t, { port: portOf(listener), host: '127.0.0.1' })
  other.end()
  const socket = await accepting.spoken.passed
  await once(socket.resume(), 'end')
  const came = once(other, 'data')
  socket.end('still here')
  assert.equal(String((await came)[0]), 'still here')
})

test(
  'closing stops accepting and is told when the last connection has gone; those that are open stay',
  SOON,
  async (t) => {
    const accepting = door(t)
    const listener = await Listener.open({}, accepting)
    const other = client(t, { port: portOf(listener), host: '127.0.0.1' })
    const socket = await accepting.spoken.passed
    let closed = false
    const closing = listener.close().then(() => {
      closed = true
    })
    const late = connect({ port: portOf(listener), host: '127.0.0.1' })
    const [error] = (await once(late, 'error')) as [NodeJS.ErrnoException]
    assert.equal(error.code, 'ECONNREFUSED')
    const came = once(other, 'data')
    socket.write('open')
    assert.equal(String((await came)[0]), 'open')
    assert.equal(closed, false)
    socket.destroy()
    await closing
  },
)

test('closing twice is as good as once', SOON, async (t) => {
  const listener = await Listener.open({}, door(t))
  await Promise.all([listener.close(), listener.close()])
})

for (const [what, address, code] of [
  ['an address that is not ours', { host: '192.0.2.1', port: 0 }, 'EADDRNOTAVAIL'],
  ['a Unix socket in a folder that is not there', { unix: '/nowhere/at/all.sock' }, /^(?:ENOENT|EACCES)$/],
] as const) {
  test(`${what} is the error of the system`, SOON, async (t) => {
    await assert.rejects(Listener.open(address, door(t)), (error: NodeJS.ErrnoException) => {
      assert.match(error.code ?? '', typeof code === 'string' ? new RegExp(`^${code}$`) : code)
      return true
    })
  })
}

test('a server too busy to accept keeps its Unix socket', {
  ...SOON,
  skip: process.platform !== 'linux',
}, async (t) => {
  const path = join(makeFolder(), 'busy.sock')
  // It listens and never accepts: its loop stands still.
  const script = `
    const { writeSync } = require('node:fs')
    require('node:net').createServer().listen({ path: process.argv[1], backlog: 1 }, () => {
      writeSync(1, 'listening')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    })`
  const busy = spawn(process.execPath, ['--eval', script, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(async () => {
    busy.kill('SIGKILL')
    await once(busy, 'exit')
  })
  await once(busy.stdout, 'data')
  // Those that wait to be accepted, until the system takes no more.
  for (let full = false; !full; ) {
    const waiting = client(t, { path })
    full = await new Promise((resolve) => {
      waiting.on('connect', () => resolve(false))
      waiting.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EAGAIN'))
    })
  }
  const { ino } = lstatSync(path)
  await assert.rejects(Listener.open({ unix: path }, door(t)), { code: 'EADDRINUSE' })
  assert.equal(lstatSync(path).ino, ino)
})

test('a Unix socket has the rights that are asked for, also where a killed server left one', SOON, async (t) => {
  const path = join(makeFolder(), 'rights.sock')
  const script =
    "require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))"
  await once(spawn(process.execPath, ['--eval', script, path]), 'exit')
  assert.ok(lstatSync(path).isSocket())
  await listening(t, { unix: path, mode: '0620' })
  assert.equal(lstatSync(path).mode & 0o777, 0o620)
  await once(client(t, { path }), 'connect')
})

test('a Unix socket may belong to a group, which may then connect', SOON, async (t) => {
  const group = process.getuid?.() === 0 ? 4711 : (process.getgid?.() ?? 0)
  for (const [mode, expected] of [
    [undefined, 0o660],
    ['0620', 0o620],
  ] as const) {
    const path = join(makeFolder(), 'group.sock')
    await listening(t, { unix: path, group: String(group), ...(mode !== undefined && { mode }) })
    const stats = lstatSync(path)
    assert.deepEqual([stats.gid, stats.mode & 0o777], [group, expected])
  }
})

test('a Unix socket that cannot have its rights is not listened on', SOON, async (t) => {
  const path = join(makeFolder(), 'rights.sock')
  await assert.rejects(
    Listener.open({ unix: path, group: 'no-such-group' }, door(t)),
    /there is no group no-such-group/,
  )
  assert.deepEqual(readdirSync(dirname(path)), [])
})

test('with certificates, a connection is admitted in silence and spoken on after the handshake', SOON, async (t) => {
  const files = certificate(t, 'one.example')
  if (files === undefined) return
  const accepting = door(t)
  const listener = await listening(t, { tls: [files] }, accepting)
  assert.match(listener.url, /^https:\/\/127\.0\.0\.1:\d+$/)
  assert.equal(listener.secure, true)
  const raw = client(t, { port: portOf(listener), host: '127.0.0.1' })
  await once(raw, 'connect')
  const other = connectTls({ socket: raw, rejectUnauthorized: false })
  other.on('error', () => {})
  const socket = await accepting.spoken.passed
  assert.deepEqual(accepting.calls, ['admit silent', 'speak'])
  assert.notEqual(accepting.sockets[0], socket)
  const came = once(other, 'data')
  socket.write('secret')
  assert.equal(String((await came)[0]), 'secret')
})

test('who stops within the handshake is cut off after its time, and never spoken with', SOON, async (t) => {
  const files = certificate(t, 'one.example')
  if (files === undefined) return
  const accepting = { ...door(t), handshake: 1 }
  const listener = await listening(t, { tls: [files] }, accepting)
  await once(client(t, { port: portOf(listener), host: '127.0.0.1' }).resume(), 'end')
  assert.deepEqual(accepting.calls, ['admit silent'])
})

test('a certificate that cannot be read is told before anything listens', SOON, async (t) => {
  const path = join(makeFolder(), 'x.sock')
  await assert.rejects(
    Listener.open({ unix: path, tls: [{ cert: '/no/cert', key: '/no/key' }] }, door(t)),
    /\/no\/cert/,
  )
  assert.throws(() => lstatSync(path), { code: 'ENOENT' })
})
