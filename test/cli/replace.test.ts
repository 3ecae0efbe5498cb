import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Ended, OrielProcess } from '../support/command.ts'
import { fill, patterned } from '../support/folder.ts'
import { childrenOf, end, gone, Production, said, statusOf, until } from '../support/production.ts'

const linux = { timeout: 60_000, skip: process.platform === 'linux' ? false : 'processes are looked at in /proc' }
const SIZE = 100 * 1024 * 1024
const MODULE = `import { Response } from 'oriel'
  export const GET = ({ path }) => path !== '/shout' ? new Response('old')
    : new Response(null, { status: 101, headers: { Upgrade: 'shout' }, upgrade: (socket) => {
        socket.on('data', (bytes) => socket.write(bytes.toString().toUpperCase()))
        socket.on('end', () => socket.end())
      } })`

function keys(workers: number, listen: string, more: string = ''): string {
  return `workers: ${workers}, listen: [${listen}], ${more}
    routes: [{ match: '/*', module: './m.mjs' }, { match: '/files/*', files: './files' }],`
}

function production(t: TestContext, workers: number, listen: string = '{ port: 0 }'): Production {
  return new Production(t, keys(workers, listen), { 'm.mjs': MODULE, 'files/a.txt': 'a' })
}

/** The process that took over; it is ended after the test. */
function successorOf(site: Production, { code, stdout, stderr }: Ended): number {
  assert.deepEqual([code, stderr], [0, ''])
  const pid = Number(/^Oriel serves .* \(process (\d+)\)\n$/.exec(stdout)?.[1])
  assert.ok(pid > 0, stdout)
  site.own(pid)
  return pid
}

function exited({ child }: OrielProcess): Promise<unknown> {
  return child.exitCode === null ? once(child, 'exit') : Promise.resolve()
}

for (const workers of [1, 2]) {
  const by = `with ${workers} worker${workers > 1 ? 's' : ''}`

  test(`--replace: no client is refused, downloads and upgraded connections go on, ${by}`, linux, async (t) => {
    const site = production(t, workers)
    const content = patterned(SIZE)
    writeFileSync(join(site.folder, 'files/big.bin'), content)
    const oriel = site.serve()
    const url = await oriel.url()
    const upgraded = await site.client(url)
    upgraded.send('GET /shout HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\n')
    assert.equal((await upgraded.answer()).status, 101)
    const download = get(new URL('/files/big.bin', url))
    t.after(() => download.destroy())
    const [answer] = (await once(download, 'response')) as [IncomingMessage]
    let over = false
    const names: string[] = []
    const asking = (async () => {
      while (!over) names.push(await said(url))
    })()
    fill(site.folder, { 'm.mjs': MODULE.replace("'old'", "'new'") })
    const successor = successorOf(site, await site.run('serve', '--replace'))
    // For a moment both accept.
    await until(async () => (await said(url)) === 'new')
    over = true
    await asking
    assert.deepEqual([...new Set(names), 'new'].slice(0, 2), ['old', 'new'])
    upgraded.send('still here')
    await upgraded.until((text) => text.endsWith('STILL HERE'))
    const hash = createHash('sha256')
    for await (const piece of answer) hash.update(piece as Buffer)
    assert.equal(hash.digest('hex'), createHash('sha256').update(content).digest('hex'))
    assert.ok(statusOf(oriel.child.pid ?? 0), 'it stays for the upgraded connection')
    upgraded.end()
    await exited(oriel)
    assert.equal(oriel.child.exitCode, 0)
    assert.equal(oriel.stderr, '')
    end(successor, 'SIGTERM')
    await gone(successor)
    await assert.rejects(fetch(url))
  })
}

for (const workers of [1, 2]) {
  const by = `with ${workers} worker${workers > 1 ? 's' : ''}`

  test(`--replace: where the new server cannot start the old one goes on, ${by}`, linux, async (t) => {
    const site = production(t, workers)
    const oriel = site.serve()
    const url = await oriel.url()
    const blocker = createServer().listen(0, '127.0.0.1')
    await once(blocker, 'listening')
    t.after(() => blocker.close())
    const { port } = blocker.address() as { port: number }
    const before = childrenOf(oriel.child.pid ?? 0)
    for (const [config, message] of [
      ['prot: 80, routes: []', /prot/],
      [keys(workers, `{ port: 0 }, { port: ${port} }`), /in use already/],
      [keys(workers, '{ port: 0 }').replace('m.mjs', 'none.mjs'), /none\.mjs/],
      [
        "routes: [{ match: '/*', resource: process.exit(3) }]",
        /the new server ended with exit code 3 before it served/,
      ],
    ] as const) {
      site.write(config)
      const { code, stdout, stderr } = await site.run('serve', '--replace')
      assert.deepEqual([code, stdout], [1, ''])
      assert.match(stderr, message)
      assert.equal(await said(url), 'old')
    }
    await until(() => childrenOf(oriel.child.pid ?? 0).length === before.length)
    site.write(keys(workers, '{ port: 0 }'))
    assert.equal((await site.run('reload')).code, 0, 'it still hears')
    assert.equal(await said(url), 'old')
  })

  test(`--replace: a Unix socket keeps its name, whatever becomes of the old server, ${by}`, linux, async (t) => {
    const site = production(t, workers, '{ port: 0 }, { unix: "./a.sock" }')
    const oriel = site.serve()
    const url = await oriel.url()
    const socket = join(site.folder, 'a.sock')
    const upgraded = await site.client(url)
    upgraded.send('GET /shout HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\n')
    assert.equal((await upgraded.answer()).status, 101)
    site.write(keys(workers, '{ port: 0 }, { unix: "./a.sock" }', 'timeouts: { stop: 100 },'))
    fill(site.folder, { 'm.mjs': MODULE.replace("'old'", "'new'") })
    const successor = successorOf(site, await site.run('serve', '--replace'))
    await until(async () => (await over(socket)) === 'new')
    assert.ok(statusOf(oriel.child.pid ?? 0))
    upgraded.destroy()
    oriel.signal('SIGTERM')
    await exited(oriel)
    assert.equal(await over(socket), 'new')
    assert.equal((await site.run('reload')).code, 0, 'the successor hears')
    end(successor, 'SIGTERM')
    await gone(successor)
    assert.equal(existsSync(socket), false)
  })

  test(
    `--replace: an address that the new config does not name is given up, and can come back, ${by}`,
    linux,
    async (t) => {
      const site = production(t, workers, '{ port: 0 }, { port: 0, host: "localhost" }')
      const oriel = site.serve()
      await oriel.url()
      const [first = '', second = ''] = [...oriel.stdout.matchAll(/http:\/\/[\d.:]+/g)].map(([url]) => url)
      site.write(keys(workers, '{ port: 0 }'))
      const successor = successorOf(site, await site.run('serve', '--replace'))
      await exited(oriel)
      assert.equal(await said(first), 'old')
      await assert.rejects(fetch(second), 'nobody waits there for an answer that never comes')
      for (const listen of [
        '{ port: 0 }, { port: 0, host: "localhost" }',
        '{ port: 0 }',
        `{ port: ${new URL(second).port} }`,
      ]) {
        site.write(keys(workers, listen))
        assert.equal((await site.run('reload')).code, 0)
      }
      assert.equal(await said(second), 'old')
      end(successor, 'SIGTERM')
      await gone(successor)
    },
  )
}

test(
  '--replace twice at once: one server is left, and whoever comes second is told what became of it',
  linux,
  async (t) => {
    const site = production(t, 1)
    const oriel = site.serve()
    const url = await oriel.url()
    const outcomes = await Promise.all([
      site.run('serve', '--replace'),
      site.run('serve', '--replace'),
      site.run('reload'),
    ])
    const pids = outcomes.flatMap(({ stdout }) => Number(/\(process (\d+)\)\n$/.exec(stdout)?.[1] ?? 0) || [])
    for (const pid of pids) site.own(pid)
    for (const { code, stderr } of outcomes) {
      if (code !== 0) assert.match(stderr, /^oriel: the server has just handed over to another one: ask again\n$/)
    }
    await exited(oriel)
    await until(() => pids.filter((pid) => statusOf(pid) !== undefined).length === 1)
    assert.equal(await said(url), 'old')
    assert.equal((await site.run('reload')).code, 0)
  },
)

test('--replace from one worker to two and to one again', linux, async (t) => {
  const site = production(t, 1)
  const oriel = site.serve()
  const url = await oriel.url()
  let before = oriel.child.pid ?? 0
  for (const workers of [2, 1]) {
    site.write(keys(workers, '{ port: 0 }'))
    const successor = successorOf(site, await site.run('serve', '--replace'))
    await gone(before)
    assert.equal(await said(url), 'old')
    assert.equal(childrenOf(successor).length, workers === 1 ? 0 : workers)
    before = successor
  }
})

test('SIGTERM while a successor starts ends both', linux, async (t) => {
  const site = production(t, 1)
  const oriel = site.serve()
  const url = await oriel.url()
  fill(site.folder, { 'm.mjs': "process.stdout.write('starting\\n')\nawait new Promise(() => {})" })
  const replacing = site.run('serve', '--replace')
  await oriel.printed(/starting/)
  const children = childrenOf(oriel.child.pid ?? 0)
  assert.equal(children.length, 1)
  oriel.signal('SIGTERM')
  await Promise.all(children.map(gone))
  assert.equal((await oriel.ended).code, 0)
  assert.equal((await replacing).code, 1)
  await assert.rejects(fetch(url))
})

/** What is answered on a Unix socket. */
function over(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ socketPath, path: '/', agent: false }, async (answer) => {
      let text = ''
      for await (const piece of answer) text += String(piece)
      resolve(text)
    }).on('error', reject)
  })
}
