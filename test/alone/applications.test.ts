import assert from 'node:assert/strict'
import { readdirSync, readlinkSync } from 'node:fs'
import { test } from 'node:test'
import { applicationLoads } from '../../src/gateway/applications.ts'
import { serve } from '../../src/index.ts'
import { makeFolder } from '../support/folder.ts'
import { childrenOf, gone, type Production, statusOf, until } from '../support/production.ts'
import type { RawClient } from '../support/raw-client.ts'
import { app, LINUX, serving, text } from '../support/supervised-site.ts'

const RELOADS = 6
const REQUESTS = 4000

for (const workers of [1, 2]) {
  test(
    `rolling replacement by ${RELOADS} reloads under load loses none of ${REQUESTS} requests, with ${workers} worker(s)`,
    LINUX,
    async (t) => {
      const { site, oriel, url } = await serving(t, app('', 'processes: 2'), `workers: ${workers},`)
      await site.serving(2)
      const folder = await site.privateFolder(url)
      const load = site.load(url).keepAlive(4).each(4)
      for (let n = 0; n < RELOADS; n++) {
        const { workers: seen } = load
        const before = seen.size
        const { code, stderr } = await site.run('reload')
        assert.deepEqual([code, stderr], [0, ''])
        await until(() => seen.size >= before + 2 || load.failures.length > 0)
      }
      await until(() => load.answered >= REQUESTS || load.failures.length > 0)
      await load.stop()
      assert.deepEqual(load.failures, [])
      t.diagnostic(`${load.answered} requests, ${load.workers.size} processes`)
      assert.ok(load.workers.size >= 2 * RELOADS)
      await site.stopped(oriel, folder)
    },
  )

  test(`processes that are replaced after 100 requests lose none, with ${workers} worker(s)`, LINUX, async (t) => {
    const { site, oriel, url } = await serving(t, app('', 'processes: 2, maxRequests: 100'), `workers: ${workers},`)
    const folder = await site.privateFolder(url)
    const load = site.load(url).keepAlive(2).each(2)
    await until(() => load.workers.size >= 8 || load.failures.length > 0)
    await load.stop()
    assert.deepEqual(load.failures, [])
    assert.ok(load.answered >= 400, String(load.answered))
    await site.stopped(oriel, folder)
  })

  test(
    `a WebSocket goes on through a reload until its end or the end of time, with ${workers} worker(s)`,
    LINUX,
    async (t) => {
      const { site, oriel, url } = await serving(t, app('', 'timeouts: { stop: 3000 }'), `workers: ${workers},`)
      const [first = 0] = await site.serving(1)
      const folder = await site.privateFolder(url)
      const [ends, stays] = [await opened(site, url), await opened(site, url)]
      assert.equal((await site.run('reload')).code, 0)
      await until(async () => Number(await text(url)) !== first)
      await echoes(ends)
      await echoes(stays)
      ends.end()
      await ends.closed()
      // When its time is over, its process has ended too.
      await Promise.all([stays.closed(), gone(first)])
      // The server ended its side, and waits for ours.
      stays.destroy()
      const last = await opened(site, url)
      await echoes(last)
      assert.equal((await site.run('reload')).code, 0)
      last.end()
      await last.closed()
      await site.serving(1)
      await site.stopped(oriel, folder)
    },
  )
}

/** Small, and soon there: it answers one request on each connection, with its process number. */
const SMALL = `use IO::Socket::UNIX; $SIG{PIPE} = "IGNORE"; my $s = IO::Socket::UNIX->new(Local => $ENV{SOCKET}, Listen => 100);
while (my $c = $s->accept) { while (<$c>) { last if /^\\r\\n$/ } print $c "HTTP/1.1 200 OK\\r\\nContent-Length: " .
length($$) . "\\r\\nConnection: close\\r\\n\\r\\n$$"; close $c }`

test('100 replacements of a process leave nothing behind in the server', LINUX, async (t) => {
  // One after the other in each application, several of them at a time.
  const [each, reloads] = [2, 12]
  const names = ['a', 'b', 'c', 'd']
  const count = each * names.length
  const routes = names.map((name) => ({
    match: `/${name}`,
    app: { command: ['perl', '-e', SMALL, name], processes: each },
  }))
  const options = { listen: [{ port: 0 }], routes }
  const server = await serve({ ...options, base: makeFolder() })
  t.after(() => server.close())
  const pids = new Set<number>()
  const replaced = async (): Promise<void> => {
    const old = new Set(ourPrograms())
    await server.reload()
    // Asked meanwhile, so that there are connections to those that leave.
    for (const name of names) await text(server.url, `/${name}`)
    await until(() => {
      const now = ourPrograms()
      return now.length === count && now.every((pid) => !old.has(pid))
    })
    for (const pid of ourPrograms()) pids.add(pid)
  }
  await until(() => ourPrograms().length === count)
  await replaced()
  // What an old one held goes a moment after it.
  await until(() => held().filter((kind) => kind.includes('/.err')).length === count)
  const before = held()
  for (let n = 0; n < reloads; n++) await replaced()
  assert.equal(pids.size, (reloads + 1) * count)
  await until(() => held().join() === before.join() || held().length < before.length)
  assert.deepEqual(held(), before)
  const loads = applicationLoads().map(({ waiting, processes }) => [waiting, processes.length])
  assert.deepEqual(
    loads,
    names.map(() => [0, each]),
  )
  await server.close()
  assert.deepEqual(ourPrograms(), [])
})

/** What this process holds: descriptors by kind, and what keeps its loop. */
function held(): string[] {
  const descriptors = readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      return [readlinkSync(`/proc/self/fd/${name}`).replace(/\d+/g, '')]
    } catch {
      // That of the folder that was read.
      return []
    }
  })
  // Without what is done in this moment.
  return [...descriptors, ...process.getActiveResourcesInfo()]
    .filter((kind) => !/^\/proc\/|Timeout|Immediate|Req/.test(kind))
    .toSorted()
}

function ourPrograms(): number[] {
  return childrenOf(process.pid).filter((pid) => /^Name:\s*perl$/m.test(statusOf(pid) ?? ''))
}

async function opened(site: Production, url: string): Promise<RawClient> {
  const client = await site.client(url)
  client.send(
    'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  assert.equal((await client.answer()).status, 101)
  return client
}

async function echoes(client: RawClient): Promise<void> {
  const word = String(client.text.length)
  client.send(`<${word}>`)
  await client.until((said) => said.includes(`<${word}>`))
}
