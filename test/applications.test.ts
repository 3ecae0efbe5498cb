import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { Response, serve } from '../src/index.ts'
import { noOtherUser } from './support/another-user.ts'
import { makeFolder } from './support/folder.ts'
import { childrenOf, commandLineOf, gone, statusOf, until } from './support/production.ts'
import { app, cleared, GET, LINUX, PROGRAM, routes, SupervisedSite, serving, text } from './support/supervised-site.ts'

const AS_ROOT = { ...LINUX, skip: LINUX.skip || noOtherUser() }

async function reloaded(site: SupervisedSite, application: string, more: string = ''): Promise<void> {
  site.write(routes(application, more))
  const { code, stderr } = await site.run('reload')
  assert.deepEqual([code, stderr], [0, ''])
}

for (const workers of [1, 2]) {
  test(`requests wait for an application that listens late, with ${workers} worker(s)`, LINUX, async (t) => {
    const { site, oriel, url } = await serving(t, app('late', 'processes: 2'), `workers: ${workers},`)
    const answers = Array.from({ length: 20 }, (_, i) =>
      fetch(url, { method: i % 2 === 0 ? 'GET' : 'POST', headers: { Connection: 'close' } }),
    )
    await until(async () => (await site.application()).waiting === 20)
    assert.equal((await site.application()).state, 'starting')
    writeFileSync(join(site.folder, 'listen'), '')
    for (const { status } of await Promise.all(answers)) assert.equal(status, 200)
    await site.stopped(oriel, await site.privateFolder(url))
  })
}

test('with two workers there is one set of processes, which oriel status shows', LINUX, async (t) => {
  const { site, oriel, url } = await serving(t, app('', 'processes: 2'), 'workers: 2,')
  const pids = await site.serving(2)
  const load = site.load(url).each(4)
  await load.more(200)
  await load.stop()
  assert.deepEqual([load.failures, [...load.workers].toSorted()], [[], pids.toSorted()])
  for (const pid of pids) assert.match(statusOf(pid) ?? '', new RegExp(`^PPid:\\s*${oriel.child.pid}$`, 'm'))
  await until(async () => (await site.application()).processes.reduce((sum, { requests }) => sum + requests, 0) >= 200)
  const { workers, applications } = await site.status()
  assert.deepEqual([workers.length, applications.length], [2, 1])
  const { state, restarts, waiting, processes } = await site.application()
  assert.deepEqual([state, restarts, waiting], ['running', 0, 0])
  for (const { memory = 0, since } of processes) assert.ok(memory > 1 << 20 && since <= Date.now())
  const { stdout } = await site.run('status')
  assert.match(stdout, /^app .*: running\n {2}process +state +since +running +requests +memory\n/m)
  for (const pid of pids) assert.match(stdout, new RegExp(`^ {2}${pid} +serving +\\d+ s +0 +\\d+ +\\d+ MiB$`, 'm'))
  await site.stopped(oriel, await site.privateFolder(url))
})

for (const workers of [1, 2]) {
  test(`the log tells the pid of the process that answered, with ${workers} worker(s)`, LINUX, async (t) => {
    const more = `workers: ${workers}, log: [{ format: 'json', to: { file: './log' } }],`
    const { site, oriel, url } = await serving(t, app('', 'processes: 2'), more)
    await site.serving(2)
    const answered = [await text(url, '/?0'), await text(url, '/?1'), await text(url, '/?2')]
    await site.stopped(oriel, await site.privateFolder(url))
    const lines = readFileSync(join(site.folder, 'log'), 'utf8').trimEnd().split('\n')
    const records = lines.map((line) => JSON.parse(line) as { uri: string; backend: { process: unknown } })
    const told = answered.map((_, i) => records.find(({ uri }) => uri === `/?${i}`)?.backend.process)
    assert.deepEqual(told, answered.map(Number))
  })

  test(`a reload whose command cannot start leaves all as it was, with ${workers} worker(s)`, LINUX, async (t) => {
    const { site, oriel, url } = await serving(t, app(), `workers: ${workers},`)
    const before = await site.serving(1)
    site.write(routes(app('dies'), `workers: ${workers},`))
    const { code, stderr } = await site.run('reload')
    assert.notEqual(code, 0)
    assert.match(stderr, /ended with exit code 3 .* its last words:\n {2}no database at db.example/)
    assert.deepEqual([await site.serving(1), await text(url)], [before, String(before[0])])
    assert.equal((await site.status()).applications.length, 1)
    await site.stopped(oriel, await site.privateFolder(url))
  })
}

test('a reload changes how many processes there are; those that are kept stay', LINUX, async (t) => {
  const { site, oriel, url } = await serving(t, app('', "processes: 1, reload: 'keep'"), 'workers: 2,')
  const [first = 0] = await site.serving(1)
  await reloaded(site, app('', "processes: 3, reload: 'keep'"), 'workers: 2,')
  assert.ok((await site.serving(3)).includes(first))
  await reloaded(site, app('', 'processes: 1'), 'workers: 2,')
  await gone(first)
  assert.equal((await site.serving(1)).length, 1)
  const { key } = await site.application()
  await reloaded(site, app('other', 'processes: 1'), 'workers: 2,')
  await until(async () => (await site.status()).applications.length === 1)
  assert.notEqual((await site.application()).key, key)
  await site.stopped(oriel, await site.privateFolder(url))
})

for (const workers of [1, 2]) {
  test(`processes come where requests wait and go where none do, with ${workers} worker(s)`, LINUX, async (t) => {
    const options = 'processes: { min: 1, max: 3 }, connections: 2, timeouts: { spare: 300 }'
    const { site, oriel, url } = await serving(t, app('', options), `workers: ${workers},`)
    const [first = 0] = await site.serving(1)
    const held = Array.from({ length: 12 }, () => text(url, '/hold', { headers: { Connection: 'close' } }))
    const all = await site.serving(3)
    assert.ok(all.includes(first))
    writeFileSync(join(site.folder, 'let-go'), '')
    assert.deepEqual([...new Set(await Promise.all(held))].length, 3)
    await site.serving(1)
    await site.stopped(oriel, await site.privateFolder(url))
  })
}

test('the library starts, reloads and ends applications too', { ...LINUX, timeout: 9_000 }, async (t) => {
  const command = (more: string): string => `${process.execPath} ${PROGRAM} ${more}`
  const alive = { match: '/alive', resource: () => new Response('alive') }
  const site = (more: string) => ({ listen: [{ port: 0 }], routes: [alive, { match: '/*', app: command(more) }] })
  const server = await serve({ ...site(''), base: makeFolder() })
  t.after(() => server.close())
  const first = Number(await text(server.url))
  const socket = await text(server.url, '/socket')
  await server.reload({ ...site('other'), base: makeFolder() })
  // Nothing runs in it: it does not have to be waited for.
  await gone(first)
  const second = Number(await text(server.url))
  assert.notEqual(first, second)
  await assert.rejects(server.reload(site('dies')), /no database at db.example/)
  assert.equal(Number(await text(server.url)), second)
  await server.close()
  await gone(second)
  await cleared(join(socket, '../..'))
})

test(
  'a reload at once upon the start starts nothing twice, and leaves none of the first processes',
  LINUX,
  async (t) => {
    const own = (): number[] => childrenOf(process.pid).filter((pid) => commandLineOf(pid).includes(PROGRAM))
    const options = {
      base: makeFolder(),
      listen: [{ port: 0 }],
      routes: [{ match: '/*', app: { command: `${process.execPath} ${PROGRAM}`, processes: 3 } }],
    }
    const server = await serve(options)
    t.after(() => server.close())
    await server.reload()
    const first = own()
    await server.reload()
    await until(() => own().length === 3 && own().every((pid) => !first.includes(pid)))
    await text(server.url)
    await server.close()
    assert.deepEqual(own(), [])
  },
)

test('a successor has processes of its own; the old ones end after their last exchange', LINUX, async (t) => {
  const { site, oriel, url } = await serving(t, app('', 'processes: 2'))
  const before = await site.serving(2)
  const old = await site.privateFolder(url)
  const held = fetch(new URL('/hold', url))
  const holder = Number((await oriel.printed(/held GET by (\d+)/))[1])
  const { code, stdout, stderr } = await site.run('serve', '--replace')
  assert.deepEqual([code, stderr], [0, ''])
  const successor = Number(/\(process (\d+)\)\n$/.exec(stdout)?.[1])
  site.own(successor)
  const after = await site.serving(2)
  assert.ok(after.every((pid) => !before.includes(pid)))
  assert.ok(after.includes(Number(await text(url, '/', { headers: { Connection: 'close' } }))))
  assert.ok(statusOf(holder))
  writeFileSync(join(site.folder, 'let-go'), '')
  assert.equal(Number(await (await held).text()), holder)
  await gone(oriel.child.pid ?? 0)
  await cleared(old)
  const folder = await site.privateFolder(url)
  process.kill(successor, 'SIGTERM')
  await cleared(folder)
})

test(
  'as root, applications are the user of the config, or their own; workers only come to their sockets',
  AS_ROOT,
  async (t) => {
    for (const [options, wanted] of [
      ['', 'daemon'],
      ["user: 'nobody', group: 'nogroup'", 'nobody'],
    ] as const) {
      const { site, oriel, url } = await serving(t, app('', options), "workers: 2, user: 'daemon',")
      const [pid = 0] = await site.serving(1)
      const [uid] = (await text(url, '/who')).split(' ')
      assert.equal(Number(uid), wanted === 'daemon' ? 1 : 65534)
      assert.match(statusOf(pid) ?? '', new RegExp(`^Uid:\\s*${uid}\\s`, 'm'))
      const socket = await text(url, '/socket')
      // The folder of the process, and that of a second name for the workers: nobody else may pass through either.
      const folders = [dirname(socket), `${dirname(socket)}w`]
        .filter((path) => existsSync(path))
        .map((path) => statSync(path))
      assert.deepEqual(
        folders.map(({ uid, mode }) => [uid, mode & 0o077]),
        wanted === 'daemon'
          ? [[1, 0]]
          : [
              [65534, 0],
              [1, 0],
            ],
      )
      const checked = await site.run('check')
      assert.match(checked.stdout, /Started, answered and ended: app /, checked.stderr)
      await site.stopped(oriel, await site.privateFolder(url))
    }
  },
)

test('a config that says otherwise whenever it is read has its applications called all the same', LINUX, async (t) => {
  const { site, oriel, url } = await serving(t, app('', 'env: { NOW: String(Math.random()) }'), 'workers: 2,')
  const folder = await site.privateFolder(url)
  for (const reloaded of [false, true]) {
    if (reloaded) assert.equal((await site.run('reload')).code, 0)
    const load = site.load(url).each(2)
    await load.more(40)
    await load.stop()
    assert.deepEqual(load.failures, [])
  }
  await site.stopped(oriel, folder)
})

test('oriel check, as root, starts what the user of the config would be', AS_ROOT, async (t) => {
  const command = `["sh", "-c", "id -u > /proc/self/fd/2; exit 3"]`
  const site = new SupervisedSite(t, routes(`app: { command: ${command} }`, "user: 'daemon',"))
  const { code, stderr } = await site.run('check')
  assert.notEqual(code, 0)
  assert.match(stderr, /its last words:\n {2}1$/m)
})

test('an answer that an application has begun is ended by its crash, not completed', LINUX, async (t) => {
  const { site, oriel, url } = await serving(t, app('', 'processes: 2'))
  await site.serving(2)
  const client = await site.client(url)
  client.send(GET.replace('/', '/begin'))
  await client.until((said) => said.includes('half'))
  const pid = Number((await oriel.printed(/begun by (\d+)/))[1])
  process.kill(pid, 'SIGKILL')
  await client.closed()
  assert.ok(!client.text.includes('\r\n0\r\n') && !client.text.includes('whole'))
  assert.equal((await fetch(url)).status, 200)
  assert.ok(!existsSync(join(site.folder, 'let-go')))
  await site.stopped(oriel, await site.privateFolder(url))
})
