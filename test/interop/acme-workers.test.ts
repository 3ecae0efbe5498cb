import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { connect } from 'node:tls'
import { startOriel } from '../support/command.ts'
import { fill, makeFolder } from '../support/folder.ts'
import { startPebble } from '../support/pebble.ts'

const SOON = { timeout: 60_000 }

/** The certificate that a client gets which trusts the authority only; undefined where the handshake fails. */
async function serial(t: TestContext, port: number, ca: string): Promise<string | undefined> {
  const socket = connect({ port, host: '127.0.0.1', ca, servername: 'site.example' })
  t.after(() => socket.destroy())
  try {
    await once(socket, 'secureConnect')
    return socket.getPeerCertificate().serialNumber
  } catch {
    return undefined
  } finally {
    socket.destroy()
  }
}

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await setTimeout(20)
}

function childrenOf(pid: number | undefined): string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
}

for (const challenge of ['http-01', 'tls-alpn-01'] as const) {
  const skip = process.platform === 'linux' ? {} : { skip: 'looks for processes as Linux tells of them' }
  test(`all workers answer ${challenge} and serve what the primary was given, new ones too`, {
    ...SOON,
    ...skip,
  }, async (t) => {
    const pebble = await startPebble(t)
    if (pebble === undefined) return
    const { directory, root } = pebble
    const config = {
      listen: [{ port: pebble.http }, { port: pebble.tls, tls: 'acme' }],
      acme: { names: ['site.example'], agree: true, directory, root, challenge },
      routes: [{ match: '/*', respond: 'hello' }],
      workers: 3,
    }
    const folder = makeFolder({ 'oriel.config.json': JSON.stringify(config) })
    const oriel = startOriel(t, ['serve', '--quiet'], folder)
    const ca = await pebble.issuer()
    const served = (): Promise<string | undefined> => serial(t, pebble.tls, ca)
    await until(async () => (await served()) !== undefined)
    const first = await served()
    const all = async (): Promise<Set<string | undefined>> =>
      new Set(await Promise.all(Array.from({ length: 30 }, served)))
    await until(async () => (await all()).size === 1)

    const [killed = ''] = childrenOf(oriel.child.pid)
    process.kill(Number(killed), 'SIGKILL')
    await oriel.printed(/A worker ended and is replaced/)
    await until(() => childrenOf(oriel.child.pid).filter((pid) => pid !== killed).length === 3)
    assert.deepEqual(await all(), new Set([first]))

    fill(folder, { 'oriel.config.json': JSON.stringify({ ...config, routes: [{ match: '/*', respond: 'again' }] }) })
    oriel.signal('SIGHUP')
    await until(async () => (await (await fetch(`http://127.0.0.1:${pebble.http}/`)).text()) === 'again')
    assert.deepEqual(await all(), new Set([first]))
    oriel.signal('SIGTERM')
    assert.equal((await oriel.ended).code, 0)
    assert.doesNotMatch(oriel.stderr, /certificate/)
    assert.ok(
      readFileSync(join(folder, 'certificates', `localhost_${new URL(directory).port}_dir`, 'site.example.pem')),
    )
  })
}
