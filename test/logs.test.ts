import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type ExchangeRecord, type ServeOptions, serve } from '../src/index.ts'
import { makeFolder } from './support/folder.ts'
import { openFiles } from './support/open-files.ts'
import { RawClient } from './support/raw-client.ts'
import { Reports } from './support/reports.ts'

const SOON = { timeout: 30_000 }
const LINUX = { ...SOON, skip: process.platform !== 'linux' }

/** Serves, asks by what is sent as it is, stops. */
async function asked(options: ServeOptions, ...requests: readonly string[]): Promise<string[]> {
  const server = await serve({ port: 0, host: '127.0.0.1', ...options })
  const answers: string[] = []
  try {
    const { hostname, port } = new URL(server.url)
    for (const request of requests) {
      const client = await RawClient.open({ host: hostname, port: Number(port) })
      client.socket.write(request, 'latin1')
      await client.closed()
      client.socket.destroy()
      answers.push(client.text)
    }
  } finally {
    await server.close()
  }
  return answers
}

const get = (path: string, fields: string = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: h\r\n${fields}Connection: close\r\n\r\n`

test('each logger has its own filter, format and place, and a bad head is logged once', SOON, async () => {
  const folder = makeFolder()
  const at = (name: string): string => readFileSync(join(folder, name), 'utf8')
  const calls: string[] = []
  await asked(
    {
      base: folder,
      routes: [
        { match: '/a', respond: 'a' },
        { match: '/b', respond: { status: 503 } },
      ],
      log: [
        { format: 'json', to: { file: 'all.json' } },
        { format: { template: '{status} {uri}' }, to: { file: 'bad.log' }, filter: { status: ['4xx', '5xx'] } },
        {
          format: ({ uri, status }) => `${status} ${uri}`,
          to: (lines) => void calls.push(...lines),
          filter: { route: '/a' },
        },
      ],
    },
    get('/a?token=swordfish', 'X-Request-Id: mine\r\n'),
    get('/b'),
    'GET /a HTTP/1.1\r\nBad head: x\r\n\r\n',
  )
  const all = at('all.json')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    all.map(({ uri, status, route, resource }) => [uri, status, route, resource]),
    [
      ['/a?token=***', 200, '/a', 'respond'],
      ['/b', 503, '/b', 'respond'],
      [undefined, 400, undefined, undefined],
    ],
  )
  assert.equal(new Set(all.map(({ requestId }) => requestId)).size, 3)
  assert.ok(!at('all.json').includes('mine'))
  assert.equal(at('bad.log'), '503 /b\n400 -\n')
  assert.deepEqual(calls, ['200 /a?token=***'])
})

test(
  'a request has one id: in its record, its reports, and for the resource where the site says so',
  SOON,
  async () => {
    const reports = new Reports()
    const records: ExchangeRecord[] = []
    const seen: (string | null)[] = []
    const module = {
      GET(request: { headers: { get(name: string): string | null } }): never {
        seen.push(request.headers.get('x-request-id'))
        throw new Error('x')
      },
    }
    const options: ServeOptions = {
      routes: [{ match: '/*', module }],
      log: [{ logRequest: (record) => void records.push(record) }],
      report: reports.report,
    }
    const from = 'X-Request-Id: from-a-proxy\r\n'
    await asked({ ...options, requestId: true }, get('/', from))
    await asked({ ...options, requestId: true, trustedProxies: ['loopback'] }, get('/', from))
    await asked({ ...options, trustedProxies: ['loopback'] }, get('/', 'X-Request-Id: a "b"\r\n'))
    const ids = records.map(({ requestId }) => requestId)
    assert.deepEqual([ids[1], seen], ['from-a-proxy', [ids[0], 'from-a-proxy', 'a "b"']])
    for (const id of [ids[0], ids[2]]) assert.match(id ?? '', /^[a-z0-9]{8}-\d{3}$/)
    const failed = reports.all.filter(({ event }) => event === 'The request failed.')
    assert.deepEqual(
      failed.map(({ fields }) => fields['requestId']),
      ids,
    )
  },
)

test('a file that cannot be written is a fault of the config, by its key', SOON, async (t) => {
  const base = makeFolder()
  mkdirSync(join(base, 'folder'))
  const faults: [string, RegExp][] = [
    ['none/access.log', /: there is no folder .*none: make it/],
    ['folder', /: .*folder is a folder: name a file in it/],
  ]
  if (process.getuid?.() !== 0 && process.platform !== 'win32') {
    chmodSync(join(base, 'folder'), 0o500)
    t.after(() => chmodSync(join(base, 'folder'), 0o700))
    faults.push(['folder/access.log', /: .*folder cannot be written: change its owner or its mode/])
  }
  for (const [file, message] of faults) {
    for (const [key, options] of [
      ['log[0].to', { log: [{ to: { file } }] }],
      ['errorLog.to', { errorLog: { to: { file } } }],
    ] as const) {
      await assert.rejects(serve({ base, port: 0, routes: [], ...options }), ({ name, message: told }: Error) => {
        assert.equal(name, 'ConfigError')
        assert.ok(told.includes(`${key}: `), told)
        assert.match(told, message)
        return true
      })
    }
  }
})

test('a log in a folder that is served is not, nor is what becomes of it when it is rotated', SOON, async () => {
  const folder = makeFolder({ 'page.html': 'page' })
  const options: ServeOptions = {
    base: folder,
    routes: [{ match: '/*', files: '.' }],
    log: [{ to: { file: 'access.log', rotate: { size: 1024 } } }],
  }
  const long = get(`/page.html?${'x'.repeat(1500)}`)
  // Each server writes what it has once, and begins a new file for it.
  for (let i = 0; i < 3; i++) await asked(options, long)
  const names = readdirSync(folder).filter((name) => name !== 'page.html')
  assert.ok(names.filter((name) => name.startsWith('access.log.')).length >= 2, names.join())
  const answers = await asked(options, get('/page.html'), ...names.map((name) => get(`/${name}`)))
  assert.deepEqual(
    answers.map((answer) => answer.slice(9, 12)),
    ['200', ...names.map(() => '404')],
  )
})

test('a reload to another error log closes the one before, a reload that fails closes none', LINUX, async () => {
  const base = makeFolder()
  const fails = () => {
    throw new Error('on purpose')
  }
  const options = (file: string): ServeOptions => ({
    base,
    port: 0,
    host: '127.0.0.1',
    routes: [{ match: '/*', resource: fails }],
    errorLog: { to: { file } },
  })
  const server = await serve(options('one.log'))
  const open = (): string[] => openFiles(base).map((path) => basename(path))
  try {
    await (await fetch(server.url)).text()
    assert.deepEqual(open(), ['one.log'])
    await assert.rejects(server.reload({ ...options('two.log'), routes: [{ match: '/*', files: './missing' }] }))
    await (await fetch(server.url)).text()
    // It is opened anew by a reload: for a moment there are two.
    while (open().length > 1) await setImmediate()
    assert.deepEqual(open(), ['one.log'])
    await server.reload(options('three.log'))
    await (await fetch(server.url)).text()
    while (open().includes('one.log')) await setImmediate()
    assert.deepEqual(open(), ['three.log'])
  } finally {
    await server.close()
  }
  assert.deepEqual(open(), [])
  assert.equal(readFileSync(join(base, 'one.log'), 'utf8').match(/The request failed/g)?.length, 2)
})

test('a reload opens log files anew', SOON, async () => {
  const base = makeFolder()
  const server = await serve({ base, port: 0, routes: [{ match: '/*', respond: 'x' }], log: [{ to: { file: 'log' } }] })
  try {
    renameSync(join(base, 'log'), join(base, 'log.1'))
    await server.reload()
    while (!existsSync(join(base, 'log'))) await setImmediate()
  } finally {
    await server.close()
  }
})
