import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import { adopt, adoptDescriptor, type Bound, bind, keysOf } from './bound.ts'

const SOON = { timeout: 20_000 }
const posix = { ...SOON, skip: process.platform === 'win32' }

/** Takes an address, and gives it up after the test. */
async function bound(t: TestContext, ...given: Parameters<typeof bind>): Promise<Bound> {
  const taken = await bind(...given)
  t.after(() => taken.close())
  return taken
}

/** Accepts on what was taken, and says its name to whoever connects. */
async function accepting(t: TestContext, { handle }: Bound, name: string): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => {}).end(name))
  server.listen(handle)
  await once(server, 'listening')
  t.after(() => server.close())
  return server
}

/** Who answers there, or the code of the error. */
function answering(to: { path: string } | { port: number; host: string }): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(to)
    socket.on('data', (bytes) => {
      text += bytes.toString()
    })
    socket.on('close', () => resolve(text))
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
  })
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

test('the same addresses have the same keys, however often they are named', () => {
  const keys = keysOf([
    { port: 80 },
    { port: 80, host: '127.0.0.1' },
    { port: 80, host: 'LocalHost' },
    { port: 0 },
    { port: 0 },
    { port: 0 },
    { unix: '/a' },
    { unix: '/a' },
    {},
  ])
  assert.deepEqual(keys, [
    '127.0.0.1:80',
    '127.0.0.1:80#2',
    'localhost:80',
    '127.0.0.1:0',
    '127.0.0.1:0#2',
    '127.0.0.1:0#3',
    'unix:/a',
    'unix:/a#2',
    '127.0.0.1:0#4',
  ])
})

test('a port that somebody listens on is told when it is taken, and one that is left is free', SOON, async (t) => {
  const first = await bound(t, { port: 0 })
  const server = await accepting(t, first, 'first')
  const port = portOf(server)
  const error = { code: 'EADDRINUSE', syscall: 'listen', port, address: '127.0.0.1' }
  await assert.rejects(bind({ port }), error)
  server.close()
  await once(server, 'close')
  first.close()
  const again = await bound(t, { port })
  await accepting(t, again, 'again')
  assert.equal(await answering({ port, host: '127.0.0.1' }), 'again')
})

test('an address that this machine has not, and a host without an address, are told', SOON, async () => {
  await assert.rejects(bind({ port: 0, host: '192.0.2.1' }), { code: 'EADDRNOTAVAIL', syscall: 'listen' })
  await assert.rejects(bind({ port: 0, host: 'nobody.invalid' }), { syscall: 'getaddrinfo' })
})

test('IPv6 is taken by its address', SOON, async (t) => {
  const taken = await bind({ port: 0, host: '::1' }).catch((error: NodeJS.ErrnoException) => error)
  if (taken instanceof Error) return t.skip(`no IPv6 here: ${taken.message}`)
  t.after(() => taken.close())
  const server = await accepting(t, taken, 'six')
  assert.equal(await answering({ port: portOf(server), host: '::1' }), 'six')
})

test('a Unix socket has its mode when it has its name, and loses the name when it is given up', posix, async (t) => {
  const folder = makeFolder()
  const path = join(folder, 'a.sock')
  for (const [mode, bits] of [
    ['0600', 0o600],
    ['0666', 0o666],
    [undefined, undefined],
  ] as const) {
    const taken = await bind({ unix: path, ...(mode !== undefined && { mode }) })
    const server = await accepting(t, taken, 'here')
    if (bits !== undefined) assert.equal(lstatSync(path).mode & 0o777, bits)
    assert.equal(await answering({ path }), 'here')
    assert.deepEqual(readdirSync(folder), ['a.sock'], 'nothing is left of the name that it was made by')
    server.close()
    taken.close()
    assert.deepEqual(readdirSync(folder), [])
  }
})

test('a Unix socket that is left keeps its name; one that a killed server left is replaced', posix, async (t) => {
  const path = join(makeFolder(), 'a.sock')
  const left = await bind({ unix: path })
  left.close(true)
  assert.equal(await answering({ path }), 'ECONNREFUSED')
  const next = await bound(t, { unix: path })
  await accepting(t, next, 'next')
  assert.equal(await answering({ path }), 'next')
})

test('a Unix socket on which somebody listens is taken over only by who says so', posix, async (t) => {
  const path = join(makeFolder(), 'a.sock')
  const old = await bound(t, { unix: path })
  const server = await accepting(t, old, 'old')
  await assert.rejects(bind({ unix: path }), { code: 'EADDRINUSE', address: path })
  const next = await bound(t, { unix: path }, true)
  await accepting(t, next, 'next')
  assert.equal(await answering({ path }), 'next')
  server.close()
  old.close()
  assert.equal(await answering({ path }), 'next', 'the name is that of the successor')
})

test('what is no socket is never replaced, and no folder is told', posix, async () => {
  const folder = makeFolder({ 'file.txt': 'precious' })
  for (const over of [false, true]) {
    for (const name of ['file.txt', '.']) {
      await assert.rejects(bind({ unix: join(folder, name) }, over), { code: 'EADDRINUSE' })
    }
  }
  await assert.rejects(bind({ unix: join(folder, 'none', 'a.sock') }), { code: 'ENOENT', syscall: 'listen' })
  assert.deepEqual(readdirSync(folder), ['file.txt'])
})

test('a folder that vanishes does not keep a Unix socket from being given up', posix, async () => {
  const folder = makeFolder()
  const taken = await bind({ unix: join(folder, 'a.sock') })
  renameSync(folder, `${folder}.gone`)
  taken.close()
  rmSync(`${folder}.gone`, { recursive: true })
  mkdirSync(folder)
})

test('a socket that was put in the place of ours is not removed with ours', posix, async () => {
  const folder = makeFolder()
  const path = join(folder, 'a.sock')
  const taken = await bind({ unix: path })
  rmSync(path)
  writeFileSync(path, 'of somebody else')
  taken.close()
  assert.equal(existsSync(path), true)
})

test('the name of an adopted Unix socket goes with who has it whole', posix, async () => {
  const path = join(makeFolder(), 'a.sock')
  const address = { unix: path }
  for (const [whole, stays] of [
    [false, true],
    [true, false],
  ] as const) {
    const { handle } = await bind(address, true)
    adopt(address, handle, whole).close()
    assert.equal(existsSync(path), stays, String(whole))
  }
})

test('a descriptor that is no socket is told by its number', posix, () => {
  assert.throws(() => adoptDescriptor({ port: 0 }, 999), { syscall: 'listen', message: /with number 999/ })
})

test(
  'a path that is longer than the system takes is refused, and makes nothing under a part of it',
  posix,
  async () => {
    const folder = makeFolder()
    const deep = join(folder, 'b'.repeat(107))
    mkdirSync(deep)
    for (const path of [join(folder, 'a'.repeat(200)), join(deep, 'a')]) {
      await assert.rejects(bind({ unix: path }), { code: 'ENAMETOOLONG', syscall: 'listen', address: path })
    }
    assert.deepEqual([readdirSync(folder), readdirSync(deep)], [['b'.repeat(107)], []])
  },
)

test('a folder in which this user may not write is told', posix, async (t) => {
  if (process.getuid?.() === 0) return t.skip('root may write everywhere')
  const folder = makeFolder()
  chmodSync(folder, 0o500)
  await assert.rejects(bind({ unix: join(folder, 'a.sock') }), { code: 'EACCES' })
})
