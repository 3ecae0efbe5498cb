import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { receiveDatagrams } from '../../test/support/datagrams.ts'
import { makeFolder } from '../../test/support/folder.ts'
import { needPeer } from '../../test/support/peers.ts'
import { Manager } from './manager.ts'

const linux = { timeout: 60_000, skip: process.platform !== 'linux' }
const NAMES = ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID', 'LISTEN_PID', 'LISTEN_FDS'] as const

test('where no service manager started us nothing is said, and nothing handed on', linux, async () => {
  const manager = new Manager((_, event) => assert.fail(event))
  await manager.ready('x')
  await manager.reloading()
  await manager.stopping()
  assert.deepEqual([manager.sockets, manager.environment], [[], {}])
})

test('it hears of our whole life, and of each half of its time that we are well', linux, async (t) => {
  const socket = join(makeFolder(), 'notify.sock')
  const heard = await receiveDatagrams(t, socket)
  if (heard === undefined || needPeer(t, 'systemd-notify') === undefined) return
  Object.assign(process.env, { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '40000', WATCHDOG_PID: String(process.pid) })
  const manager = new Manager((_, event) => assert.fail(event))
  for (const name of NAMES) assert.equal(process.env[name], undefined)
  assert.deepEqual(manager.environment, { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '40000' })
  t.after(() => manager.leave())
  void manager.ready('Serving')
  assert.equal(await heard.next(), `READY=1\nMAINPID=${process.pid}\nSTATUS=Serving`)
  // The timer keeps no process alive, so something else must.
  const alive = setInterval(() => undefined, 1000)
  t.after(() => clearInterval(alive))
  for (let i = 0; i < 2; i++) assert.equal(await heard.next(), 'WATCHDOG=1')
  manager.leave()
  await manager.reloading()
  await manager.stopping()
  let message = await heard.next()
  while (message === 'WATCHDOG=1') message = await heard.next()
  assert.match(message, /^RELOADING=1\nMONOTONIC_USEC=\d+$/)
  assert.equal(await heard.next(), 'STOPPING=1')
})
