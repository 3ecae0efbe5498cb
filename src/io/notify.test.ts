import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { receiveDatagrams } from '../../test/support/datagrams.ts'
import { makeFolder } from '../../test/support/folder.ts'
import { needPeer } from '../../test/support/peers.ts'
import { notifier, READY, reloading, STOPPING, WATCHDOG } from './notify.ts'

const SOON = { timeout: 60_000 }
const linux = { ...SOON, skip: process.platform !== 'linux' }

/** A service manager must have nothing to complain of. */
function never(sentence: string): never {
  throw new Error(sentence)
}

for (const [where, socketIn] of [
  ['a path', (folder: string) => join(folder, 'notify.sock')],
  ['an abstract name', () => `@oriel-test-${randomUUID()}`],
] as const) {
  test(`all that a service can tell reaches the manager in order, at ${where}`, linux, async (t) => {
    if (needPeer(t, 'systemd-notify') === undefined) return
    const socket = socketIn(makeFolder())
    const manager = await receiveDatagrams(t, socket)
    if (manager === undefined) return
    const env = { NOTIFY_SOCKET: socket, PATH: process.env['PATH'] }
    const it = notifier(never, env)
    assert.equal(it.socket, socket)
    assert.equal('NOTIFY_SOCKET' in env, false)
    void it.notify({ ...READY, STATUS: 'Serving; $HOME --help\nMAINPID=1' })
    const before = process.hrtime.bigint() / 1000n
    void it.notify(reloading())
    for (const state of [WATCHDOG, { MAINPID: 4711 }, STOPPING]) void it.notify(state)
    assert.equal(await manager.next(), 'READY=1\nSTATUS=Serving; $HOME --help MAINPID=1')
    const [, time = ''] = /^RELOADING=1\nMONOTONIC_USEC=(\d+)$/.exec(await manager.next()) ?? []
    assert.ok(BigInt(time) >= before && BigInt(time) <= process.hrtime.bigint() / 1000n)
    for (const message of ['WATCHDOG=1', 'MAINPID=4711', 'STOPPING=1']) assert.equal(await manager.next(), message)
    await it.notify({ STATUS: '--ready' })
    assert.equal(await manager.next(), 'STATUS=--ready')
  })
}

test('where no manager listens nothing is done', SOON, async () => {
  for (const env of [{}, { NOTIFY_SOCKET: '' }]) {
    const it = notifier(never, { ...env, PATH: '/nowhere' })
    assert.equal(it.socket, undefined)
    await it.notify(READY)
  }
})

test('a way to fail is told once, and the others are tried all the same', linux, async () => {
  const told: string[] = []
  const it = notifier((sentence) => told.push(sentence), { NOTIFY_SOCKET: '/nowhere', PATH: makeFolder() })
  for (let i = 0; i < 3; i++) await it.notify(WATCHDOG)
  assert.equal(told.length, 1)
  assert.match(told[0] ?? '', /^systemd-notify is not installed, .*install it \(package systemd\), or use Type=exec/)
})

test('what the program says against it is told', linux, async () => {
  const folder = makeFolder({ 'systemd-notify': '#!/bin/sh\necho "no such\nluck" >&2\nexit 3\n' })
  chmodSync(join(folder, 'systemd-notify'), 0o755)
  const told: string[] = []
  const it = notifier((sentence) => told.push(sentence), { NOTIFY_SOCKET: '/nowhere', PATH: `${folder}:/usr/bin:/bin` })
  await it.notify(READY)
  await it.notify(STOPPING)
  assert.deepEqual(told, ['systemd-notify failed (3): no such luck'])
})
