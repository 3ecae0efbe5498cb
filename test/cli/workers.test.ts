import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { noOtherUser } from '../support/another-user.ts'
import { certificate } from '../support/certificates.ts'
import type { OrielProcess } from '../support/command.ts'
import { fill } from '../support/folder.ts'
import { childrenOf, gone, Production, said, statusOf, until } from '../support/production.ts'

const linux = { timeout: 30_000, skip: process.platform === 'linux' ? false : 'processes are looked at in /proc' }
const asRoot = {
  ...linux,
  skip: linux.skip || noOtherUser(),
}
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const MODULE = `import { Response } from 'oriel'
  import { existsSync } from 'node:fs'
  export const GET = async ({ path }) => {
    if (path === '/hang') for (;;);
    if (path === '/wait') {
      process.stdout.write('waiting\\n')
      while (!existsSync(new URL('./go', import.meta.url))) await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return new Response(String(process.pid))
  }`

function production(t: TestContext, workers: number, more: string = ''): Production {
  const keys = `workers: ${workers}, listen: [{ port: 0 }], routes: [{ match: '/*', module: './m.mjs' }], ${more}`
  return new Production(t, keys, { 'm.mjs': MODULE })
}

function pidOf({ child }: OrielProcess): number {
  return child.pid ?? 0
}

/** A connection to each worker, by process number. */
async function clientsByWorker(site: Production, url: string, count: number) {
  const clients = new Map<number, Awaited<ReturnType<Production['client']>>>()
  while (clients.size < count) {
    const client = await site.client(url)
    client.send(GET)
    const pid = Number((await client.answer()).body)
    if (clients.has(pid)) client.destroy()
    else clients.set(pid, client)
  }
  return clients
}

test('all workers serve, none of the requests the primary', linux, async (t) => {
  const site = production(t, 2)
  const oriel = site.serve()
  const url = await oriel.url()
  const workers = childrenOf(pidOf(oriel))
  assert.equal(workers.length, 2)
  const clients = await clientsByWorker(site, url, 2)
  assert.deepEqual([...clients.keys()].toSorted(), workers.toSorted())
})

for (const [what, harm, told] of [
  [
    'killed',
    (pid: number) => void process.kill(pid, 'SIGKILL'),
    /error: A worker ended and is replaced\..*signal="?SIGKILL/,
  ],
  [
    'ended by SIGTERM',
    (pid: number) => void process.kill(pid, 'SIGTERM'),
    /error: A worker ended and is replaced\..*code=0/,
  ],
  ['hung', undefined, /error: A worker hangs and is killed: timeouts\.hang\./],
] as const) {
  test(`a worker that is ${what} is replaced, and only its requests fail`, linux, async (t) => {
    const site = production(t, 2, 'timeouts: { hang: 1000, stop: 100 },')
    const oriel = site.serve()
    const url = await oriel.url()
    const [[harmed, its], [other, others]] = [...(await clientsByWorker(site, url, 2))] as [
      [number, Awaited<ReturnType<Production['client']>>],
      [number, Awaited<ReturnType<Production['client']>>],
    ]
    others.send('GET /wait HTTP/1.1\r\nHost: a\r\n\r\n')
    await oriel.printed(/waiting/)
    its.send(`GET ${harm === undefined ? '/hang' : '/wait'} HTTP/1.1\r\nHost: a\r\n\r\n`)
    if (harm !== undefined) {
      await oriel.printed(/waiting\n(?:.*\n)*waiting/)
      harm(harmed)
    }
    await its.closed()
    await oriel.printed(told)
    await until(() => {
      const workers = childrenOf(pidOf(oriel))
      return workers.length === 2 && !workers.includes(harmed)
    })
    fill(site.folder, { go: '' })
    assert.equal((await others.answer()).body, String(other))
    const clients = await clientsByWorker(site, url, 2)
    assert.ok(!clients.has(harmed) && clients.has(other))
    oriel.signal('SIGTERM')
    assert.equal((await oriel.ended).code, 0)
  })
}

for (const workers of [1, 2]) {
  test(
    `of ${workers} of ${workers} killed workers all are replaced, by the config of the last reload`,
    linux,
    async (t) => {
      const site = production(t, workers === 1 ? 2 : workers)
      const oriel = site.serve()
      const url = await oriel.url()
      site.write(
        `workers: ${workers}, listen: [{ port: 0 }], routes: [{ match: '/*', resource: () => new Response('new') }],`,
      )
      assert.equal((await site.run('reload')).code, 0)
      await until(() => childrenOf(pidOf(oriel)).length === workers)
      const old = childrenOf(pidOf(oriel))
      for (const pid of old) process.kill(pid, 'SIGKILL')
      assert.equal(await said(url), 'new', 'who connects meanwhile waits')
      await until(() => childrenOf(pidOf(oriel)).filter((pid) => !old.includes(pid)).length === workers)
    },
  )
}

test(
  'a worker that cannot be replaced is tried again, later each time, and a reload that mends it is taken',
  linux,
  async (t) => {
    const site = production(t, 2)
    const oriel = site.serve()
    const url = await oriel.url()
    fill(site.folder, { 'm.mjs': 'throw new Error("no luck")' })
    for (const pid of childrenOf(pidOf(oriel))) process.kill(pid, 'SIGKILL')
    await oriel.printed(/A worker could not be started: .*no luck.* again=200\n/)
    await oriel.printed(/again=400\n/)
    const failed = await site.run('reload')
    assert.equal(failed.code, 1, 'nobody runs who could try it: one is started for that')
    fill(site.folder, { 'm.mjs': MODULE })
    assert.equal((await site.run('reload')).code, 0)
    await clientsByWorker(site, url, 2)
  },
)

test('the workers of a primary that is killed end, and the port is free at once', linux, async (t) => {
  const site = production(t, 2)
  const oriel = site.serve()
  const url = await oriel.url()
  const workers = childrenOf(pidOf(oriel))
  const client = await site.client(url)
  client.send('GET /wait HTTP/1.1\r\nHost: a\r\n\r\n')
  await oriel.printed(/waiting/)
  oriel.signal('SIGKILL')
  await until(() =>
    fetch(url).then(
      () => false,
      () => true,
    ),
  )
  fill(site.folder, { go: '' })
  assert.ok(workers.includes(Number((await client.answer()).body)), 'what runs has timeouts.stop')
  await Promise.all(workers.map(gone))
  assert.equal((await oriel.ended).signal, 'SIGKILL')
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} lets all workers finish what runs, and exits with 0 when nothing is left`, linux, async (t) => {
    const site = production(t, 2)
    const oriel = site.serve()
    const url = await oriel.url()
    const workers = childrenOf(pidOf(oriel))
    const clients = await clientsByWorker(site, url, 2)
    for (const client of clients.values()) client.send('GET /wait HTTP/1.1\r\nHost: a\r\n\r\n')
    await oriel.printed(/waiting\n(?:.*\n)*waiting/)
    oriel.signal(signal)
    await until(() =>
      fetch(url).then(
        () => false,
        () => true,
      ),
    )
    fill(site.folder, { go: '' })
    for (const [pid, client] of clients) assert.equal((await client.answer()).body, String(pid))
    const { code, stderr } = await oriel.ended
    assert.deepEqual([code, stderr], [0, ''])
    for (const pid of workers) assert.equal(statusOf(pid), undefined)
  })
}

test('a second signal ends the workers at once too', linux, async (t) => {
  const site = production(t, 2)
  const oriel = site.serve()
  const url = await oriel.url()
  const workers = childrenOf(pidOf(oriel))
  const client = await site.client(url)
  client.send('GET /wait HTTP/1.1\r\nHost: a\r\n\r\n')
  await oriel.printed(/waiting/)
  oriel.signal('SIGTERM')
  await until(() =>
    fetch(url, { signal: AbortSignal.timeout(1000) }).then(
      () => false,
      () => true,
    ),
  )
  oriel.signal('SIGTERM')
  assert.equal((await oriel.ended).code, 143)
  await Promise.all(workers.map(gone))
  await assert.rejects(client.answer())
})

test('what runs longer than timeouts.stop is cut off, in workers that hang too', linux, async (t) => {
  const site = production(t, 2, 'timeouts: { stop: 100 },')
  const oriel = site.serve()
  const clients = [...(await clientsByWorker(site, await oriel.url(), 2)).values()]
  clients[0]?.send('GET /hang HTTP/1.1\r\nHost: a\r\n\r\n')
  clients[1]?.send('GET /wait HTTP/1.1\r\nHost: a\r\n\r\n')
  await oriel.printed(/waiting/)
  const workers = childrenOf(pidOf(oriel))
  oriel.signal('SIGTERM')
  assert.equal((await oriel.ended).code, 0)
  for (const pid of workers) assert.equal(statusOf(pid), undefined)
})

for (const [what, module, code, message] of [
  ['throws', 'throw new Error("no luck")', 2, /^oriel: .*no luck.*\n$/],
  ['ends the process', 'process.exit(3)', 1, /^oriel: a worker ended with exit code 3 before it served\n$/],
] as const) {
  test(
    `where a module ${what} at the first start, that is said in one sentence and nothing is left`,
    linux,
    async (t) => {
      const site = production(t, 2)
      fill(site.folder, { 'm.mjs': module })
      const oriel = site.serve()
      const ended = await oriel.ended
      assert.equal(ended.code, code)
      assert.equal(ended.stdout, '')
      assert.match(ended.stderr, message)
      assert.deepEqual(childrenOf(pidOf(oriel)), [])
    },
  )
}

test('a busy port is told as without workers', linux, async (t) => {
  const first = production(t, 1)
  const { port } = new URL(await first.serve().url())
  const second = production(t, 2)
  second.write(`workers: 2, listen: [{ port: ${port} }], routes: [],`)
  const { code, stderr } = await second.run('serve')
  assert.equal(code, 1)
  assert.match(stderr, new RegExp(`^oriel: port ${port} is in use already\\. `))
})

test('two addresses that are one are told at start, and nothing is left', linux, async (t) => {
  for (const workers of [1, 2]) {
    const site = production(t, workers)
    const oriel = site.serve()
    const { port } = new URL(await oriel.url())
    oriel.signal('SIGTERM')
    await oriel.ended
    site.write(`workers: ${workers}, listen: [{ port: ${port} }, { port: ${port}, host: 'localhost' }], routes: [],`)
    const { code, stderr } = await site.run('serve')
    assert.equal(code, 1)
    assert.match(stderr, /^oriel: .*\n$/)
    assert.match(stderr, new RegExp(port))
  }
})

for (const workers of [1, 2]) {
  test(`as root, ${workers} of another user serve, with a key that only root can read`, asRoot, async (t) => {
    const files = certificate(t, 'root.test')
    if (files === undefined) return
    const site = production(t, workers)
    readable(site)
    const secret = join(site.folder, 'secret')
    mkdirSync(secret, { mode: 0o700 })
    cpSync(files.cert, join(secret, 'a.pem'))
    cpSync(files.key, join(secret, 'a.key'))
    chmodSync(join(secret, 'a.key'), 0o600)
    const tls = "tls: [{ cert: 'secret/a.pem', key: 'secret/a.key' }]"
    site.write(
      `workers: ${workers}, user: 'daemon', listen: [{ port: 0 }, { port: 0, ${tls} }], routes: [{ match: '/*', module: './m.mjs' }],`,
    )
    const oriel = site.serve()
    const url = await oriel.url()
    const ids = (option: string): string => execFileSync('id', [option, 'daemon'], { encoding: 'utf8' }).trim()
    assert.match(statusOf(pidOf(oriel)) ?? '', /^Uid:\t0\t0\t0\t0$/m)
    const children = childrenOf(pidOf(oriel))
    assert.equal(children.length, workers)
    for (const pid of children) {
      const status = statusOf(pid) ?? ''
      for (const [name, id] of [
        ['Uid', ids('-u')],
        ['Gid', ids('-g')],
      ] as const) {
        assert.match(status, new RegExp(`^${name}:\t${id}\t${id}\t${id}\t${id}$`, 'm'))
      }
      assert.deepEqual(/^Groups:\t(.*?)\s*$/m.exec(status)?.[1]?.split(' ').toSorted(), ids('-G').split(' ').toSorted())
    }
    assert.ok(children.includes(Number(await said(url))))
    assert.equal((await site.run('reload')).code, 0)
    assert.ok(children.includes(Number(await said(url))))
  })
}

test('as root, what the user of the workers may not read is told clearly, and nothing is left', asRoot, async (t) => {
  const site = production(t, 1, "user: 'daemon',")
  readable(site)
  chmodSync(join(site.folder, 'oriel.config.mjs'), 0o600)
  const oriel = site.serve()
  const { code, stdout, stderr } = await oriel.ended
  assert.deepEqual([code, stdout], [2, ''])
  assert.match(stderr, /^oriel: the config \S*oriel\.config\.mjs cannot be read: EACCES: permission denied[^\n]*\n$/)
  assert.deepEqual(childrenOf(pidOf(oriel)), [])
})

test('as root, a group that there is not is told in one sentence', asRoot, async (t) => {
  const site = production(t, 1, "user: 'daemon', group: 'no-such-group',")
  readable(site)
  const { code, stderr } = await site.run('serve')
  assert.equal(code, 2)
  assert.match(stderr, /^oriel: there is no group no-such-group on this machine\n$/)
})

/** For another user than the one who made it. */
function readable({ folder }: Production): void {
  chmodSync(folder, 0o755)
  chownSync(folder, 0, 0)
}

test('check starts applications as the user of the config, and not as root', asRoot, async (t) => {
  const code = "console.log('is ' + process.getuid()); process.exit(1)"
  const command = JSON.stringify([process.execPath, '-e', code])
  const site = new Production(
    t,
    `user: 'nobody', listen: [{ port: 0 }], routes: [{ match: '/*', app: { command: ${command} } }]`,
  )
  const { stderr, code: exit } = await site.run('check')
  assert.match(stderr, new RegExp(`is ${execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' }).trim()}$`, 'm'))
  assert.equal(exit, 1)
})
