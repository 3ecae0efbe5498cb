import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { FaultSite, killIfThere, LINUX, until } from '../support/fault-site.ts'
import { makeFolder } from '../support/folder.ts'
import { needPeer } from '../support/peers.ts'
import { openDatabase } from '../support/sqlite.ts'

const ROUTES = `routes: [{ match: '/*', respond: 'hello' }]`

function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : []
}

/** Asks so many times, some at once, and wants every answer. */
async function ask(site: FaultSite, count: number, path: (i: number) => string = (i) => `/${i}`): Promise<void> {
  for (let i = 0; i < count; i += 20) {
    const some = Array.from({ length: Math.min(20, count - i) }, (_, j) => site.said(path(i + j)))
    for (const answer of await Promise.all(some)) assert.equal(answer, '200 hello')
  }
}

for (const workers of [1, 2]) {
  test(`places that are slow, full or gone stop nothing: ${workers} processes`, LINUX, async (t) => {
    const folder = makeFolder()
    const pipe = join(folder, 'pipe')
    assert.equal(spawnSync('mkfifo', [pipe]).status, 0)
    const hangs = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(hangs, 'listening')
    t.after(() => {
      hangs.closeAllConnections()
      hangs.close()
    })
    const database = await openDatabase(join(folder, 'log.db'))
    database.exec('CREATE TABLE other (a); BEGIN EXCLUSIVE')
    const http = `http://127.0.0.1:${(hangs.address() as AddressInfo).port}/`
    const places = [
      { file: '/dev/full' },
      { file: pipe },
      { http, timeout: 500 },
      { syslog: `unix:${folder}/absent` },
      { syslog: 'tcp:127.0.0.1:1' },
      { sql: { file: join(folder, 'log.db') } },
      { file: join(folder, 'good') },
    ]
    const logs = places.map((to) => JSON.stringify({ format: 'http' in to || 'sql' in to ? 'json' : 'common', to }))
    const throwing = `{ format: 'common', to: () => { throw new Error('the function throws') } }`
    const site = await FaultSite.start(t, {
      config: `workers: ${workers}, ${ROUTES}, log: [${logs.join()}, ${throwing}],
        errorLog: { to: { file: ${JSON.stringify(join(folder, 'errors'))} }, format: 'json' }`,
    })
    await ask(site, 200)
    await until(() => linesOf(join(folder, 'good')).length === 200)
    const reasons = (): string => readFileSync(join(folder, 'errors'), { encoding: 'utf8', flag: 'a+' })
    for (const why of [
      /ENOSPC/,
      /connect failed \(ENOENT\)/,
      /ECONNREFUSED/,
      /the function throws/,
      /has not answered/,
      /locked/,
    ]) {
      await until(() => why.test(reasons()))
    }
    database.exec('COMMIT')
    await until(() => database.all("SELECT name FROM sqlite_master WHERE name = 'requests'").length === 1)
    await until(() => database.all('SELECT * FROM requests').length === 200)
    database.close()
    site.oriel.signal('SIGTERM')
    const { code } = await site.oriel.ended
    assert.equal(code, 0)
    const last = reasons()
    assert.match(last, /Lines of a log are dropped/)
    for (const line of last.split('\n').slice(0, -1)) assert.doesNotThrow(() => JSON.parse(line))
  })
}

test(
  'with workers one process writes: no line is lost or torn by rotation, signals, reloads and dead workers',
  LINUX,
  async (t) => {
    const folder = makeFolder()
    const log = join(folder, 'log')
    const to = JSON.stringify({ file: log, rotate: { size: 4096, keep: 10_000 } })
    const site = await FaultSite.start(t, {
      config: `workers: 2, ${ROUTES}, log: [{ format: { template: '{uri}' }, to: ${to} }]`,
    })
    let asked = 0
    const more = async (count: number): Promise<void> => {
      const from = asked
      asked += count
      await ask(site, count, (i) => `/${from + i}`)
    }
    await more(400)
    renameSync(log, join(folder, 'log.moved'))
    process.kill(site.pid, 'SIGUSR1')
    await until(() => existsSync(log))
    await more(400)
    assert.equal((await site.run('reload')).code, 0)
    await more(400)
    const all = (): string[] =>
      readdirSync(folder)
        .filter((name) => name.startsWith('log'))
        .flatMap((name) => linesOf(join(folder, name)))
    await until(() => all().length === asked)
    killIfThere(site.workers[0] ?? 0)
    await until(async () => /replaced/.test(site.oriel.stderr))
    await more(400)
    site.oriel.signal('SIGTERM')
    await site.oriel.ended
    const expected = Array.from({ length: asked }, (_, i) => `/${i}`)
    assert.deepEqual(all().sort(), expected.sort())
  },
)

test('a disk that is full costs lines, counted, and no request; with room again lines go on', LINUX, async (t) => {
  const unshare = needPeer(t, 'unshare')
  if (unshare === undefined) return
  if (process.getuid?.() !== 0) return t.skip('only root may mount')
  const folder = makeFolder()
  mkdirSync(join(folder, 'disk'))
  const disk = join(folder, 'disk')
  const script = `mount -t tmpfs -o size=64k none ${disk} && exec "$@"`
  const site = await FaultSite.start(t, {
    config: `${ROUTES}, log: [{ format: { template: '{uri}' }, to: { file: ${JSON.stringify(join(disk, 'log'))} } }],
      errorLog: { to: { file: ${JSON.stringify(join(folder, 'errors'))} } }`,
    within: [unshare, '--mount', 'sh', '-c', script, 'sh'],
  })
  const inside = join(`/proc/${site.pid}/root`, disk)
  writeFileSync(join(inside, 'filler'), Buffer.alloc(60 * 1024))
  await ask(site, 400, (i) => `/${i}${'x'.repeat(100)}`)
  await until(() => existsSync(join(folder, 'errors')) && /ENOSPC/.test(readFileSync(join(folder, 'errors'), 'utf8')))
  writeFileSync(join(inside, 'filler'), '')
  await until(() => linesOf(join(inside, 'log')).length === 400)
  assert.deepEqual(
    linesOf(join(inside, 'log')).map((line) => line.length > 100 && /^\/\d+x{100}$/.test(line)),
    Array.from({ length: 400 }, () => true),
  )
  await until(() => /takes lines again/.test(readFileSync(join(folder, 'errors'), 'utf8')))
})
