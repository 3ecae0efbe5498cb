import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cpSync, existsSync, readFileSync, renameSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { certificate } from '../support/certificates.ts'
import { fill, makeFolder } from '../support/folder.ts'
import { freePorts } from '../support/ports.ts'
import { childrenOf, Production, said, until } from '../support/production.ts'

const posix = { timeout: 30_000, skip: process.platform === 'win32' }
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const LISTEN = 'listen: [{ port: 0 }],'
const ROUTES = "routes: [{ match: '/*', module: './m.mjs' }],"

function saying(text: string): string {
  return `export const GET = () => new Response('${text}')`
}

function production(t: TestContext, workers: number, more: string = ''): Production {
  const site = new Production(t, `workers: ${workers}, ${LISTEN} ${ROUTES} ${more}`, { 'm.mjs': saying('one') })
  return site
}

for (const workers of [1, 2]) {
  const by = `${workers} worker${workers > 1 ? 's' : ''}`

  test(`oriel reload and SIGHUP read the config and its modules again, and say so, with ${by}`, posix, async (t) => {
    const site = production(t, workers)
    const oriel = site.serve()
    const url = await oriel.url()
    assert.equal(await said(url), 'one')
    fill(site.folder, { 'm.mjs': saying('two') })
    const { code, stdout, stderr } = await site.run('reload')
    const told = new RegExp(`^Reloaded oriel\\.config\\.mjs in \\d+ ms\\. Oriel serves it at ${url}\n`, 'm')
    assert.match(stdout, told)
    assert.deepEqual([code, stderr], [0, ''])
    for (let i = 0; i < 6; i++) assert.equal(await said(url), 'two')
    fill(site.folder, { 'm.mjs': saying('three') })
    oriel.stdout = ''
    oriel.signal('SIGHUP')
    await oriel.printed(told)
    for (let i = 0; i < 6; i++) assert.equal(await said(url), 'three')
    oriel.signal('SIGTERM')
    assert.equal((await oriel.ended).code, 0)
    assert.equal(oriel.stderr, '')
  })

  test(`oriel reload opens log files anew, as SIGHUP does, with ${by}`, posix, async (t) => {
    const site = production(t, workers, "log: [{ to: { file: './access.log' } }],")
    const oriel = site.serve()
    const url = await oriel.url()
    await said(url)
    const log = join(site.folder, 'access.log')
    for (const reload of [() => site.run('reload'), async () => oriel.signal('SIGHUP')]) {
      await until(() => readFileSync(log, 'utf8') !== '')
      renameSync(log, `${log}.1`)
      await reload()
      await until(() => existsSync(log))
      await said(url)
    }
  })

  test(`what a reload fails by is told in the error log of the config that is served, with ${by}`, posix, async (t) => {
    const site = production(t, workers, "errorLog: { to: { file: './one.log' } },")
    const oriel = site.serve()
    await oriel.url()
    site.write(
      `workers: ${workers}, ${LISTEN} routes: [{ match: '/*', files: './no' }], errorLog: { to: { file: './two.log' } }`,
    )
    assert.equal((await site.run('reload')).code, 1)
    oriel.signal('SIGTERM')
    await oriel.ended
    assert.match(
      readFileSync(join(site.folder, 'one.log'), 'utf8'),
      /The reload failed, and the server goes on as it was/,
    )
    const two = join(site.folder, 'two.log')
    assert.ok(!existsSync(two) || readFileSync(two, 'utf8') === '')
  })

  for (const [what, spoil, message] of [
    ['a wrong key', (site: Production) => site.write('prot: 80, routes: [],'), /prot/],
    [
      'no config any more',
      (site: Production) => renameSync(join(site.folder, 'oriel.config.mjs'), join(site.folder, 'x')),
      /there is no config|there is no file/,
    ],
    [
      'a module that throws',
      (site: Production) => fill(site.folder, { 'm.mjs': '\nthrow new Error("no luck")' }),
      /no luck/,
    ],
    [
      'a module with a fault in its text',
      (site: Production) => fill(site.folder, { 'm.mjs': 'export const = 1' }),
      /m\.mjs/,
    ],
    [
      'a folder that is not there',
      (site: Production) => site.write(`workers: ${workers}, ${LISTEN} routes: [{ match: '/*', files: './none' }],`),
      /there is no folder/,
    ],
  ] as const) {
    test(`after a reload with ${what} all goes on as it was, and why is told, with ${by}`, posix, async (t) => {
      const site = production(t, workers)
      const oriel = site.serve()
      const url = await oriel.url()
      const config = join(site.folder, 'oriel.config.mjs')
      spoil(site)
      const { code, stdout, stderr } = await site.run('reload', '--config', config)
      assert.deepEqual([code, stdout], [1, ''])
      assert.match(stderr, message)
      assert.match(stderr, /^oriel: .*\nThe server goes on as it was\.\n$/)
      assert.match(oriel.stderr, /error: The reload failed, and the server goes on as it was: /)
      for (let i = 0; i < 4; i++) assert.equal(await said(url), 'one')
      site.write(`workers: ${workers}, ${LISTEN} ${ROUTES}`)
      fill(site.folder, { 'm.mjs': saying('mended') })
      assert.equal((await site.run('reload')).code, 0)
      for (let i = 0; i < 4; i++) assert.equal(await said(url), 'mended')
    })
  }

  test(`addresses come and go, and a busy one changes nothing, with ${by}`, posix, async (t) => {
    const site = production(t, workers)
    const oriel = site.serve()
    const url = await oriel.url()
    const [port = 0] = await freePorts(1)
    const blocker = createServer().listen(port, '127.0.0.1')
    await once(blocker, 'listening')
    t.after(() => blocker.close())
    site.write(`workers: ${workers}, listen: [{ port: 0 }, { port: ${port} }, { port: 0 }], ${ROUTES}`)
    const failed = await site.run('reload')
    assert.equal(failed.code, 1)
    assert.match(failed.stderr, new RegExp(`port ${port} is in use already`))
    blocker.close()
    await once(blocker, 'close')
    const socket = join(site.folder, 'a.sock')
    site.write(`workers: ${workers}, listen: [{ port: ${port} }, { unix: './a.sock' }, { port: 0 }], ${ROUTES}`)
    assert.match(
      (await site.run('reload')).stdout,
      new RegExp(`at http://127.0.0.1:${port} and unix:${socket} and ${url}\n$`),
    )
    assert.deepEqual([await said(url), await said(`http://127.0.0.1:${port}`)], ['one', 'one'])
    site.write(`workers: ${workers}, ${LISTEN} ${ROUTES}`)
    assert.equal((await site.run('reload')).code, 0)
    await assert.rejects(fetch(`http://127.0.0.1:${port}`))
    site.write(`workers: ${workers}, listen: [{ port: ${port} }, { port: 0 }], ${ROUTES}`)
    assert.equal((await site.run('reload')).code, 0)
    assert.deepEqual([await said(url), await said(`http://127.0.0.1:${port}`)], ['one', 'one'], 'it can come again')
  })

  test(`a config that fails leaves nothing of its addresses taken, with ${by}`, posix, async (t) => {
    const site = production(t, workers)
    await site.serve().url()
    const [port = 0] = await freePorts(1)
    fill(site.folder, { 'm.mjs': 'throw new Error("no luck")' })
    site.write(`workers: ${workers}, listen: [{ port: 0 }, { port: ${port} }], ${ROUTES}`)
    for (let i = 0; i < 2; i++) assert.equal((await site.run('reload')).code, 1)
    if (process.platform === 'linux') assert.equal(holders(port), 0)
  })

  test(`limits change, and open connections have them with their next request, with ${by}`, posix, async (t) => {
    const site = production(t, workers)
    const url = await site.serve().url()
    const client = await site.client(url)
    client.send(GET)
    assert.equal((await client.answer()).status, 200)
    site.write(`workers: ${workers}, ${LISTEN} ${ROUTES} limits: { requestLine: 100 },`)
    fill(site.folder, { 'm.mjs': saying('two') })
    assert.equal((await site.run('reload')).code, 0)
    client.send(GET)
    assert.equal((await client.answer()).body, 'two')
    client.send(`GET /${'x'.repeat(300)} HTTP/1.1\r\nHost: a\r\n\r\n`)
    assert.equal((await client.answer()).status, 414)
  })

  test(`a stream ends on the old site, and an upgraded connection stays, with ${by}`, posix, async (t) => {
    const site = production(t, workers)
    fill(site.folder, {
      'm.mjs': `import { Response } from 'oriel'
        import { existsSync } from 'node:fs'
        export const GET = ({ path }) => path === '/shout'
          ? new Response(null, { status: 101, headers: { Upgrade: 'shout' }, upgrade: (socket) => {
              socket.on('data', (bytes) => socket.write(bytes.toString().toUpperCase()))
              socket.on('end', () => socket.end())
            } })
          : new Response(path === '/' ? 'one' : (async function * () {
              yield Buffer.from('begin ')
              while (!existsSync(new URL('./go', import.meta.url))) await new Promise((resolve) => setTimeout(resolve, 5))
              yield Buffer.from('old')
            })())`,
    })
    site.write(`workers: ${workers}, ${LISTEN} routes: [{ match: '/*', module: './m.mjs' }],`)
    const oriel = site.serve()
    const url = await oriel.url()
    const [stream, upgraded] = [await site.client(url), await site.client(url)]
    upgraded.send('GET /shout HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\n')
    assert.equal((await upgraded.answer()).status, 101)
    stream.send('GET /stream HTTP/1.1\r\nHost: a\r\n\r\n')
    await stream.until((text) => text.includes('begin'))
    fill(site.folder, { 'm.mjs': saying('two') })
    assert.equal((await site.run('reload')).code, 0)
    assert.equal(await said(url), 'two')
    upgraded.send('still here')
    await upgraded.until((text) => text.endsWith('STILL HERE'))
    fill(site.folder, { go: '' })
    assert.equal((await stream.answer()).body, 'begin old')
    stream.send(GET)
    assert.equal((await stream.answer()).body, 'two')
    upgraded.send('!')
    await upgraded.until((text) => text.endsWith('STILL HERE!'))
  })

  test(`certificates are read again, and the next client sees the new one, with ${by}`, posix, async (t) => {
    const [first, second] = [certificate(t, 'first.test'), certificate(t, 'second.test')]
    if (first === undefined || second === undefined) return
    const site = production(t, workers)
    const put = ({ cert, key }: typeof first): void => {
      cpSync(cert, join(site.folder, 'a.pem'))
      cpSync(key, join(site.folder, 'a.key'))
    }
    put(first)
    site.write(`workers: ${workers}, listen: [{ port: 0, tls: [{ cert: 'a.pem', key: 'a.key' }] }], ${ROUTES}`)
    const port = Number(new URL(await site.serve().url()).port)
    const shown = async (): Promise<string> => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
      await once(socket, 'secureConnect')
      const { CN } = socket.getPeerCertificate().subject
      socket.destroy()
      return String(CN)
    }
    assert.equal(await shown(), 'first.test')
    put(second)
    assert.equal((await site.run('reload')).code, 0)
    for (let i = 0; i < 4; i++) assert.equal(await shown(), 'second.test')
    cpSync(first.key, join(site.folder, 'a.key'))
    assert.equal((await site.run('reload')).code, 1)
    assert.equal(await shown(), 'second.test')
  })

  test(`a module that never finishes loading is given up, with ${by}`, posix, async (t) => {
    const site = production(t, workers)
    // The clock of the server runs fast for long times alone: nobody waits for a minute here.
    const hurry = join(
      makeFolder({
        'hurry.mjs': `const set = setTimeout
        globalThis.setTimeout = (act, time, ...more) => set(act, time === 50_000 ? 500 : time, ...more)`,
      }),
      'hurry.mjs',
    )
    site.env = { NODE_OPTIONS: `--import ${hurry}` }
    const url = await site.serve().url()
    fill(site.folder, { 'm.mjs': `await new Promise(() => {})\n${saying('never')}` })
    const { code, stderr } = await site.run('reload')
    assert.equal(code, 1)
    assert.match(stderr, /it was not loaded after 50 seconds/)
    assert.equal(await said(url), 'one')
    fill(site.folder, { 'm.mjs': saying('two') })
    assert.equal((await site.run('reload')).code, 0)
    assert.equal(await said(url), 'two')
  })

  test(`many signals and commands at once leave a server that serves the last config, with ${by}`, posix, async (t) => {
    const site = production(t, workers)
    const oriel = site.serve()
    const url = await oriel.url()
    for (let i = 0; i < 30; i++) {
      fill(site.folder, { 'm.mjs': i % 3 === 1 ? 'throw 1' : saying(String(i)) })
      oriel.signal('SIGHUP')
      await said(url)
    }
    fill(site.folder, { 'm.mjs': saying('last') })
    const outcomes = await Promise.all([site.run('reload'), site.run('reload'), site.run('reload')])
    assert.deepEqual(
      outcomes.map(({ code }) => code),
      [0, 0, 0],
    )
    for (let i = 0; i < 4; i++) assert.equal(await said(url), 'last')
    oriel.signal('SIGHUP')
    oriel.signal('SIGTERM')
    const ended = await oriel.ended
    assert.deepEqual([ended.code, ended.signal], [0, null])
    assert.doesNotMatch(ended.stderr, /stopping|ended before/)
  })

  test(`SIGHUP while the server starts does not end it, with ${by}`, posix, async (t) => {
    const site = production(t, workers)
    fill(site.folder, {
      'slow.mjs': `import { existsSync } from 'node:fs'
        console.log('reading')
        while (!existsSync(new URL('./go', import.meta.url))) await new Promise((resolve) => setTimeout(resolve, 5))`,
    })
    fill(site.folder, {
      'oriel.config.mjs': `import './slow.mjs'\nexport default { workers: ${workers}, ${LISTEN} ${ROUTES} }`,
    })
    const oriel = site.serve()
    await oriel.printed(/reading/)
    oriel.signal('SIGHUP')
    fill(site.folder, { go: '' })
    assert.equal(await said(await oriel.url()), 'one')
    await oriel.printed(/Reloaded/)
  })
}

test('a module that ends the process at its top level harms no server with workers', posix, async (t) => {
  const site = production(t, 2)
  const oriel = site.serve()
  const url = await oriel.url()
  fill(site.folder, { 'm.mjs': 'process.exit(3)' })
  const { code, stderr } = await site.run('reload')
  assert.equal(code, 1)
  assert.match(stderr, /^oriel: a worker ended with exit code 3 before it served\nThe server goes on as it was\.\n$/)
  fill(site.folder, { 'm.mjs': saying('mended') })
  await until(async () => (await said(url).catch(() => '')) === 'mended')
  assert.equal((await site.run('reload')).code, 0)
  assert.equal(await said(url), 'mended')
})

test('the number of workers changes with a reload; exchanges of those that go end', posix, async (t) => {
  if (process.platform !== 'linux') return t.skip('the processes are counted in /proc')
  const site = production(t, 2)
  const oriel = site.serve()
  const url = await oriel.url()
  const pid = oriel.child.pid ?? 0
  for (const count of [4, 1, 3]) {
    site.write(`workers: ${count}, ${LISTEN} ${ROUTES}`)
    assert.equal((await site.run('reload')).code, 0)
    await until(() => childrenOf(pid).length === count)
    assert.equal(await said(url), 'one')
  }
  oriel.signal('SIGTERM')
  assert.equal((await oriel.ended).code, 0)
  assert.equal(oriel.stderr, '')
})

test('what a reload cannot change is told', posix, async (t) => {
  const site = production(t, 1)
  const oriel = site.serve()
  await oriel.url()
  site.write(`workers: 2, user: 'daemon', ${LISTEN} ${ROUTES}`)
  assert.equal((await site.run('reload')).code, 0)
  for (const key of ['workers', 'user']) {
    assert.match(oriel.stderr, new RegExp(`warn: ${key} has changed: that takes effect with "oriel serve --replace"`))
  }
})

test('a shorter timeouts.hang ends no worker that is well', posix, async (t) => {
  if (process.platform !== 'linux') return t.skip('the processes are counted in /proc')
  const site = production(t, 2)
  const oriel = site.serve()
  const url = await oriel.url()
  const before = childrenOf(oriel.child.pid ?? 0)
  site.write(`workers: 2, ${LISTEN} ${ROUTES} timeouts: { hang: 1500 },`)
  assert.equal((await site.run('reload')).code, 0)
  // There is no event of nothing happening: a little more than the limit.
  await new Promise((resolve) => setTimeout(resolve, 2500))
  assert.deepEqual([childrenOf(oriel.child.pid ?? 0), oriel.stderr], [before, ''])
  assert.equal(await said(url), 'one')
})

test('of two servers of one config only the first hears commands, and that is told', posix, async (t) => {
  const site = production(t, 1)
  const first = site.serve()
  const url = await first.url()
  const other = site.serve()
  await other.url()
  await other.printed(/warn: Another server of this config runs/)
  assert.match((await site.run('reload')).stdout, new RegExp(`at ${url}\n$`))
  other.signal('SIGHUP')
  await other.printed(/Reloaded/)
})

test('where no server of the config runs, that is told', posix, async (t) => {
  const site = production(t, 1)
  for (const args of [['reload'], ['reload', '--config', 'none.json'], ['serve', '--replace']]) {
    const { code, stdout, stderr } = await site.run(...args)
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /^oriel: no server of \S+ runs here, for this user\. "oriel serve" starts one\.\n$/)
  }
})

/** How many sockets of this machine have a local port, whether or not they listen. */
function holders(port: number): number {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const sockets = readFileSync('/proc/net/tcp', 'utf8').split('\n')
  return sockets.filter((line) => line.trim().split(/\s+/)[1]?.endsWith(wanted)).length
}
