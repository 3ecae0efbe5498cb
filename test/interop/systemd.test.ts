import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect, type NetConnectOpts } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { receiveDatagrams } from '../support/datagrams.ts'
import { makeFolder } from '../support/folder.ts'
import { needPeer } from '../support/peers.ts'
import { freePorts } from '../support/ports.ts'

const SOON = { timeout: 60_000 }
const PROGRAM = join(import.meta.dirname, '../support/inherited-server.js')

interface Greeting {
  readonly sockets: readonly { readonly fd: number; readonly name: string; readonly at: object }[]
  readonly urls: readonly string[]
  readonly faults: readonly string[]
  readonly left: readonly string[]
}

/** Has systemd open sockets, and start our program when somebody comes; its words on standard error. */
async function activated(t: TestContext, options: readonly string[], listen: unknown, env: object = {}) {
  const program = needPeer(t, 'systemd-socket-activate')
  if (program === undefined) return undefined
  const passed = Object.entries(env).map(([name, value]) => `--setenv=${name}=${value}`)
  const child = spawn(program, [...options, ...passed, process.execPath, PROGRAM, JSON.stringify(listen)], {
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  const ended = once(child, 'exit')
  t.after(async () => {
    child.kill('SIGTERM')
    await ended
  })
  const sockets = options.filter((option) => option.startsWith('--listen=')).length
  let said = ''
  while (said.split('Listening on').length <= sockets) {
    const [text] = (await Promise.race([once(child.stderr, 'data'), ended])) as [Buffer | number]
    if (!Buffer.isBuffer(text)) throw new Error(`systemd-socket-activate has ended: ${said}`)
    said += text.toString()
  }
  child.stderr.resume()
  return child
}

async function greeting(to: NetConnectOpts): Promise<Greeting> {
  const socket = connect(to)
  let said = ''
  socket.on('data', (bytes: Buffer) => {
    said += bytes.toString()
  })
  await once(socket, 'close')
  return JSON.parse(said) as Greeting
}

test('sockets of systemd are taken over by address, and those that come to them are answered', SOON, async (t) => {
  const folder = makeFolder()
  const unix = join(folder, 'a.sock')
  const notify = join(folder, 'notify.sock')
  const [port = 0, port6 = 0] = await freePorts(2)
  const manager = await receiveDatagrams(t, notify)
  if (manager === undefined || needPeer(t, 'systemd-notify') === undefined) return
  const child = await activated(
    t,
    [`--listen=127.0.0.1:${port}`, `--listen=[::1]:${port6}`, `--listen=${unix}`, '--fdname=four:six:local'],
    [{ unix, mode: '0600' }, { port: port6, host: '0::1' }, { port }],
    { NOTIFY_SOCKET: notify, PATH: process.env['PATH'], NODE_OPTIONS: process.env['NODE_OPTIONS'] ?? '' },
  )
  if (child === undefined) return
  const expected: Greeting = {
    sockets: [
      { fd: 3, name: 'four', at: { host: '127.0.0.1', port } },
      { fd: 4, name: 'six', at: { host: '::1', port: port6 } },
      { fd: 5, name: 'local', at: { unix } },
    ],
    urls: [`unix:${unix}`, `http://[::1]:${port6}`, `http://127.0.0.1:${port}`],
    faults: [],
    left: [],
  }
  assert.deepEqual(await greeting({ port, host: '127.0.0.1' }), expected, 'who came before it ran')
  assert.equal(await manager.next(), `READY=1\nSTATUS=${expected.urls.join(' ')}`)
  assert.deepEqual(await greeting({ port: port6, host: '::1' }), expected)
  assert.deepEqual(await greeting({ path: unix }), expected)
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
  assert.ok(existsSync(unix), 'the socket belongs to systemd')
})

test('without entries of its own the program listens where systemd does', SOON, async (t) => {
  const [port = 0] = await freePorts(1)
  if ((await activated(t, [`--listen=127.0.0.1:${port}`], null)) === undefined) return
  const { urls, faults } = await greeting({ port, host: '127.0.0.1' })
  assert.deepEqual({ urls, faults }, { urls: [`http://127.0.0.1:${port}`], faults: [] })
})

test('sockets that cannot be listened on are told: connections and datagrams', SOON, async (t) => {
  const [port = 0, other = 0] = await freePorts(2)
  if ((await activated(t, ['--datagram', `--listen=127.0.0.1:${port}`], [{ port: other }])) === undefined) return
  const { createSocket } = await import('node:dgram')
  const sender = createSocket('udp4')
  t.after(() => sender.close())
  sender.send('wake up', port, '127.0.0.1')
  let told: Greeting | undefined
  while (told === undefined) told = await greeting({ port: other, host: '127.0.0.1' }).catch(() => undefined)
  assert.match(
    told.faults[0] ?? '',
    /^the socket "\S*" that systemd hands over \(descriptor 3\) is no socket that listens/,
  )
})
