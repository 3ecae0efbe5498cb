import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { FaultSite, killIfThere, LINUX, runs, until } from '../support/fault-site.ts'
import { fill } from '../support/folder.ts'
import { type Failure, Load, TELLING } from '../support/load.ts'
import { RawClient } from '../support/raw-client.ts'

const BEFORE = `
  import { existsSync } from 'node:fs'
  ${TELLING}
  async function* held() {
    yield Buffer.from(process.pid + ' begins, ')
    while (!existsSync(new URL('./go', import.meta.url))) await new Promise((resolve) => setTimeout(resolve, 5))
    yield Buffer.from('and ends')
  }`
const CONFIG = `
  workers: 2,
  timeouts: { stop: 40000 },
  routes: [
    { match: '/held', resource: () => new Response(held()) },
    { match: '/*', resource: telling },
  ],`

/** An answer that is held back, on a connection of its own, and the process that makes it. */
async function heldBack(t: TestContext, port: number): Promise<{ client: RawClient; worker: number }> {
  const client = await RawClient.open({ port, host: '127.0.0.1' })
  t.after(() => client.destroy())
  client.send('GET /held HTTP/1.1\r\nHost: a\r\n\r\n')
  await client.until((text) => text.includes('begins'))
  return { client, worker: Number(/(\d+) begins/.exec(client.text)?.[1]) }
}

for (const [by, begin] of [
  ['HTTP/1.1', (load: Load) => load.keepAlive(64).each(4)],
  ['HTTP/2', (load: Load) => load.http2(8, 8).each(4)],
] as const) {
  test(`a worker that is killed under load takes only its own exchanges with it, by ${by}`, LINUX, async (t) => {
    const site = await FaultSite.start(t, { before: BEFORE, config: CONFIG })
    const load = begin(new Load(site.port))
    t.after(() => load.stop())
    const killed: number[] = []
    const held: Awaited<ReturnType<typeof heldBack>>[] = []
    // Connections go to whoever is idle: asked until both have one.
    while (new Set(held.map(({ worker }) => worker)).size < 2) held.push(await heldBack(t, site.port))
    for (let round = 0; round < 3; round++) {
      await load.more(3000)
      const before = site.workers
      // A new one dies at once too, in the last round.
      const victim = (round === 2 ? before.at(-1) : before[0]) as number
      killIfThere(victim)
      await until(() => !runs(victim))
      load.killed()
      killed.push(victim)
      await load.more(1000)
      await until(() => site.workers.length === 2)
    }
    const replaced = site.workers.filter((pid) => !killed.includes(pid))
    await until(() => replaced.every((pid) => load.workers.has(pid)))
    await load.stop()
    fill(site.folder, { go: '' })
    for (const { client, worker } of held) {
      if (!killed.includes(worker)) assert.equal((await client.answer()).body, `${worker} begins, and ends`)
      else await assert.rejects(client.answer(), /^Error: closed by/, 'an answer that was cut looks cut')
    }
    const unexpected = load.failures.filter(
      ({ worker, began }) => began >= killed.length || (worker !== undefined && !killed.includes(worker)),
    )
    assert.deepEqual(unexpected.slice(0, 5), [])
    // One exchange in flight on a connection, and a few connections that nobody had answered on yet.
    assert.ok(load.failures.length <= 3 * 72, `${load.failures.length} exchanges failed`)
    assert.equal(site.oriel.stderr.match(/A worker (?:ended and is replaced|could not be started)/g)?.length, 3)
    site.oriel.signal('SIGTERM')
    assert.equal((await site.oriel.ended).code, 0)
  })
}

test(
  'where the primary is killed under load, its workers end with what runs, and another server begins at once',
  LINUX,
  async (t) => {
    const site = await FaultSite.start(t, { before: BEFORE, config: CONFIG })
    const load = new Load(site.port).keepAlive(64).each(4).http2(4, 8)
    t.after(() => load.stop())
    const { client } = await heldBack(t, site.port)
    const session = connectHttp2(site.url(''))
    t.after(() => session.destroy())
    const stream = session.request({ ':path': '/held' })
    let text = ''
    stream.setEncoding('latin1').on('data', (more: string) => {
      text += more
    })
    await until(() => text.includes('begins'))
    await load.more(3000)
    const workers = site.workers
    assert.equal(workers.length, 2)
    const ended = site.oriel.ended
    killIfThere(site.pid)
    await until(() => isFree(site.port))
    await site.again()
    load.killed()
    const { length } = load.failures
    await load.more(3000)
    assert.ok(site.workers.every((pid) => !workers.includes(pid)))
    assert.ok(workers.some(runs), 'the old workers still have what they began')
    assert.ok(!existsSync(join(site.folder, 'go')))
    fill(site.folder, { go: '' })
    assert.match((await client.answer()).body, / begins, and ends$/)
    await until(() => stream.closed)
    assert.match(text, / begins, and ends$/)
    await until(() => !workers.some(runs))
    await ended
    assert.match((await site.run('reload')).stdout, /^Reloaded /, 'its owner is heard by the new one')
    await load.stop()
    const cut = load.failures.filter(({ came }) => came > 0)
    assert.deepEqual(cut.slice(0, 5), [], 'no answer was cut')
    assert.deepEqual(load.failures.slice(length).filter(isNew).slice(0, 5), [])
    site.oriel.signal('SIGTERM')
    assert.equal((await site.oriel.ended).code, 0)
  },
)

/** Whether an exchange failed that was begun after the new server was there. */
function isNew({ began }: Failure): boolean {
  return began > 0
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
