import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { end, gone, statusOf, until } from '../support/production.ts'
import { app, GET, LINUX, routes, serving, text } from '../support/supervised-site.ts'

/*
 * What applications do wrong, and what clients and the other processes see of it, by `oriel serve`.
 */

for (const workers of [1, 2]) {
  test(
    `what cannot start is told with its last words; the other routes are served, with ${workers} worker(s)`,
    LINUX,
    async (t) => {
      const { site, oriel, url } = await serving(t, app('dies', 'queue: 0'), `workers: ${workers},`)
      assert.equal(await text(url, '/alive'), 'alive')
      await oriel.printed(/ended with exit code 3 before it listened on its socket; its last words:\n +no database/)
      // At first it is only known that none answers; then why.
      await until(async () => {
        const answer = await fetch(url)
        assert.equal(answer.status, 503)
        return answer.headers.get('retry-after') === '1' && /exit code 3/.test(oriel.stderr + oriel.stdout)
      })
      const { state, failure, processes } = await site.application()
      assert.match(failure ?? '', /no database at db.example/)
      assert.ok(['failing', 'starting'].includes(state), state)
      assert.ok(processes.length <= 1)
      const checked = await site.run('check')
      assert.notEqual(checked.code, 0)
      assert.match(checked.stderr, /ended with exit code 3 .* its last words:\n {2}no database at db.example/)
      oriel.signal('SIGTERM')
      assert.equal((await oriel.ended).code, 0)
    },
  )
}

test('one that never listens is told, and its requests are answered 503 when they have waited', LINUX, async (t) => {
  const options = 'timeouts: { start: 500, firstByte: 1000 }'
  const { site, oriel, url } = await serving(t, app('never', options))
  const answer = await fetch(url)
  assert.equal(answer.status, 503)
  await oriel.printed(
    /did not listen on its socket, .*, within 500 ms \(timeouts.start\): its command must use \$SOCKET/,
  )
  site.write(routes(app('never', 'timeouts: { start: 4000 }')))
  const checked = await site.run('check')
  assert.notEqual(checked.code, 0)
  assert.match(checked.stderr, /still waits for an application[\s\S]*did not listen on its socket/)
  oriel.signal('SIGTERM')
  assert.equal((await oriel.ended).code, 0)
})

test('a crash is 502 for its own requests in flight that are not safe, and for nobody else', LINUX, async (t) => {
  const { site, oriel, url } = await serving(t, app('', 'processes: 2'))
  const [victim = 0] = await site.serving(2)
  const folder = await site.privateFolder(url)
  const ask = async (method: string): Promise<{ readonly status: number; readonly by: number }> => {
    const answer = await fetch(new URL('/hold', url), { method })
    return { status: answer.status, by: Number.parseInt(await answer.text(), 10) }
  }
  const posted = Array.from({ length: 6 }, () => ask('POST'))
  const got = Array.from({ length: 6 }, () => ask('GET'))
  const held = (method: string): number[] =>
    [...(oriel.stdout + oriel.stderr).matchAll(new RegExp(`info: held ${method} by (\\d+)`, 'g'))].map(([, pid]) =>
      Number(pid),
    )
  await until(() => held('POST').length === 6 && held('GET').length === 6)
  const lost = held('POST').filter((pid) => pid === victim).length
  assert.ok(lost > 0 && lost < 6)
  end(victim, 'SIGKILL')
  // Those that are safe are begun anew, by the other one or by a new one.
  await until(
    () =>
      held('GET').length ===
      6 +
        held('GET')
          .slice(0, 6)
          .filter((pid) => pid === victim).length,
  )
  writeFileSync(join(site.folder, 'let-go'), '')
  const statuses = (await Promise.all(posted)).map(({ status }) => status)
  assert.deepEqual(statuses.toSorted(), [...Array(6 - lost).fill(200), ...Array(lost).fill(502)])
  for (const { status, by } of await Promise.all(got)) assert.deepEqual([status, by === victim], [200, false])
  const [one, other] = await site.serving(2)
  assert.ok(one !== victim && other !== victim)
  assert.equal((await site.application()).restarts, 1)
  await site.stopped(oriel, folder)
})

test(
  'a request that kills whoever gets it is answered 502, and does not go through all processes',
  LINUX,
  async (t) => {
    const { site, oriel, url } = await serving(t, app('', 'processes: 3'))
    const before = await site.serving(3)
    const folder = await site.privateFolder(url)
    assert.equal((await fetch(new URL('/die', url), { method: 'POST' })).status, 502)
    assert.equal((await fetch(new URL('/die', url))).status, 502)
    const after = await site.serving(3)
    assert.ok(after.some((pid) => before.includes(pid)) || (await site.application()).restarts <= 3)
    await site.stopped(oriel, folder)
  },
)

test('one that dies after each 10 requests goes on answering; no request finds nobody', LINUX, async (t) => {
  const { site, oriel, url } = await serving(t, app('dies-each-10', 'processes: 2'))
  const folder = await site.privateFolder(url)
  const statuses: number[] = []
  const asking = async (): Promise<void> => {
    while (statuses.length < 200) statuses.push((await fetch(url, { headers: { Connection: 'close' } })).status)
  }
  await Promise.all([asking(), asking(), asking()])
  const { restarts } = await site.application()
  assert.ok(restarts >= 10, `${restarts} have died`)
  // What two of them died with, one after the other, is tried on no third one.
  const lost = statuses.filter((status) => status !== 200)
  assert.ok(lost.length <= 3 * restarts && lost.every((status) => status === 502), String(lost))
  await site.stopped(oriel, folder)
})

for (const workers of [1, 2]) {
  test(`one that hangs, or is stopped, keeps nobody else, with ${workers} worker(s)`, LINUX, async (t) => {
    const { site, oriel, url } = await serving(
      t,
      app('', 'processes: 3, timeouts: { firstByte: 1500, stop: 500 }'),
      `workers: ${workers},`,
    )
    const pids = await site.serving(3)
    const folder = await site.privateFolder(url)
    const hung = fetch(new URL('/hang', url), { method: 'POST' })
    const hanging = Number((await oriel.printed(/hangs (\d+)/))[1])
    const stopped = pids.find((pid) => pid !== hanging) ?? 0
    end(stopped, 'SIGSTOP')
    // What either gets is tried on another one when the time for its head is over; then they are left out.
    const answers = await Promise.all(Array.from({ length: 12 }, () => fetch(url)))
    const late = answers.filter(({ status }) => status !== 200).map(({ status }) => status)
    assert.ok(
      late.every((status) => status === 504),
      String(late),
    )
    assert.ok(late.length < 12)
    assert.equal((await hung).status, 504)
    const load = site.load(url).keepAlive(4)
    await load.more(200)
    await load.stop()
    assert.deepEqual(load.failures, [])
    // The one that is left, and who may have come in the place of the others.
    assert.ok(!load.workers.has(hanging) && !load.workers.has(stopped))
    await site.stopped(oriel, folder)
  })
}

for (const workers of [1, 2]) {
  test(
    `one that leaves three requests in a row unanswered is replaced, with ${workers} worker(s)`,
    LINUX,
    async (t) => {
      const options = 'timeouts: { firstByte: 300, stop: 200 }'
      const { site, oriel, url } = await serving(t, app('', options), `workers: ${workers},`)
      const [first = 0] = await site.serving(1)
      const folder = await site.privateFolder(url)
      // By one connection, and so by one worker: each counts what it has asked for itself.
      const client = await site.client(url)
      const ask = async (path: string): Promise<number | undefined> => {
        client.send(GET.replace('GET /', `POST ${path}`).replace('Host: a', 'Host: a\r\nContent-Length: 0'))
        return (await client.answer()).status
      }
      // It takes connections all the time. An answer between them makes three of them no row.
      for (const path of ['/hold', '/hold', '/']) assert.equal(await ask(path), path === '/' ? 200 : 504)
      for (let i = 0; i < 2; i++) assert.equal(await ask('/hold'), 504)
      assert.deepEqual(await site.serving(1), [first])
      assert.equal(await ask('/hold'), 504)
      await Promise.all([
        gone(first),
        oriel.printed(/A process is replaced: it has left 3 requests in a row without an answer/),
      ])
      assert.equal(await ask('/'), 200)
      assert.notEqual((await site.serving(1))[0], first)
      await site.stopped(oriel, folder)
    },
  )
}

test('one that needs more memory than it may is replaced, and loses no request', LINUX, async (t) => {
  const { site, oriel, url } = await serving(t, app('', 'maxMemory: 250'))
  const [fat = 0] = await site.serving(1)
  const folder = await site.privateFolder(url)
  const load = site.load(url).keepAlive(2).each(1)
  assert.equal(Number(await text(url, '/eat')), fat)
  await Promise.all([gone(fat), oriel.printed(/A process is replaced: it needs \d+ MiB of memory/)])
  await load.more(20)
  await load.stop()
  assert.deepEqual([load.failures, load.workers.size], [[], 2])
  await site.stopped(oriel, folder)
})

test('one that ignores TERM is killed when its time is over, at a reload and at the end', LINUX, async (t) => {
  const { site, oriel, url } = await serving(t, app('ignores-term', 'timeouts: { stop: 300 }'))
  const [first = 0] = await site.serving(1)
  const folder = await site.privateFolder(url)
  oriel.signal('SIGHUP')
  await gone(first)
  assert.notEqual(Number.parseInt(await text(url), 10), first)
  await site.stopped(oriel, folder)
})

test('what it has forked ends with it, also what has left its session', LINUX, async (t) => {
  const { site, oriel, url } = await serving(t, app('', 'timeouts: { stop: 2000 }'))
  const folder = await site.privateFolder(url)
  const children = (await text(url, '/fork')).split(' ').map(Number)
  const forked = join(site.folder, 'forked')
  await until(() => existsSync(forked) && readFileSync(forked, 'utf8').endsWith('\n'))
  children.push(Number(readFileSync(forked, 'utf8')))
  for (const pid of children) assert.ok(statusOf(pid), String(pid))
  oriel.signal('SIGHUP')
  await Promise.all(children.map(gone))
  await text(url, '/fork')
  await site.stopped(oriel, folder)
})

test('one that fills its error stream is neither held up nor logged whole', LINUX, async (t) => {
  const { site, oriel, url } = await serving(t, app())
  const folder = await site.privateFolder(url)
  assert.equal(Number(await text(url, '/shout')), (await site.serving(1))[0])
  await oriel.printed(/A process wrote more than is shown/)
  assert.ok(oriel.stderr.length + oriel.stdout.length < 2_000_000)
  await site.stopped(oriel, folder)
})

test('a client that goes away while it waits for an application leaves nothing behind', LINUX, async (t) => {
  const { site, oriel, url } = await serving(t, app('late'))
  const clients = await Promise.all(Array.from({ length: 20 }, () => site.client(url)))
  for (const client of clients) client.send(GET)
  await until(async () => (await site.application()).waiting === 20)
  for (const client of clients.splice(0, 19)) client.destroy()
  await until(async () => (await site.application()).waiting === 1)
  writeFileSync(join(site.folder, 'listen'), '')
  assert.equal((await clients[0]?.answer())?.status, 200)
  await site.stopped(oriel, await site.privateFolder(url))
})
