import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { type TestContext, test } from 'node:test'
import type { Connection } from '../src/message/connection.ts'
import type { ExchangeRecord } from '../src/message/exchange.ts'
import { Declined } from '../src/message/outcome.ts'
import type { Request } from '../src/message/request.ts'
import { Response, type UpgradedSocket } from '../src/message/response.ts'
import { fastifySite, middleware, nodeHandler, nodeUpgrade, webServerUser } from '../src/node.ts'
import type { Route } from '../src/site/route.ts'
import { Site } from '../src/site/site.ts'
import { host, hostAbsent } from './support/hosts.ts'
import { listening } from './support/listening.ts'
import { RawClient } from './support/raw-client.ts'
import { http1Client, type Transport } from './support/transports.ts'

const SOON = { timeout: 30_000 }

interface Watched {
  readonly site: Site
  readonly records: ExchangeRecord[]
  readonly reports: string[]
  /** The next exchange that has ended. */
  ended(): Promise<ExchangeRecord>
}

function watched(routes: readonly Route[]): Watched {
  const records: ExchangeRecord[] = []
  const reports: string[] = []
  let tell: ((record: ExchangeRecord) => void) | undefined
  const site = new Site({
    routes,
    log: [
      {
        logRequest(record) {
          records.push(record)
          tell?.(record)
        },
      },
    ],
    report: (_, event, fields) => reports.push(`${event} ${fields?.['error'] ?? ''}`),
  })
  return { site, records, reports, ended: () => new Promise((resolve) => (tell = resolve)) }
}

const ROUTES: readonly Route[] = [
  { match: '/app/hello', resource: () => new Response('hello', { headers: { Vary: 'Accept', 'X-Both': 'site' } }) },
  { match: '/app/declined', resource: () => Declined },
  { match: '/app/shut', resource: () => Declined, access: { scheme: webServerUser } },
  { match: { path: '/app/get', method: 'GET' }, resource: () => new Response('got') },
  { match: '/app/echo', resource: async (request: Request) => new Response(await request.bytes()) },
  {
    match: '/app/who',
    resource: (_: Request, { user, clientAddress, secure }: Connection) =>
      Response.json([user?.name, clientAddress, secure]),
    access: { scheme: webServerUser },
  },
]

type App = RequestListener & {
  use(...what: unknown[]): unknown
  set?(key: string, value: unknown): unknown
}

async function served(t: TestContext, listener: RequestListener): Promise<Transport & { readonly port: number }> {
  const server = await listening(createServer(listener))
  const client = http1Client(`http://127.0.0.1:${server.port}`)
  t.after(async () => {
    await client.close()
    await server.close()
  })
  return { ...client, port: server.port }
}

for (const name of ['express', 'express4', 'connect']) {
  const skip = hostAbsent(name) ?? false
  const app = (): App => host<(() => App) & { json: () => unknown }>(name)()

  test(`${name}: what the site leaves goes on, what its guards refuse does not`, { ...SOON, skip }, async (t) => {
    const { site, records } = watched(ROUTES)
    const outer = app()
    outer.use('/app', middleware(site))
    outer.use(async (request: IncomingMessage, response: ServerResponse) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      response.end(`the host: ${request.url} ${Buffer.concat(chunks)}`)
    })
    const { ask } = await served(t, outer)
    for (const path of ['/other', '/app/none', '/app/declined', '/app?x', '/application']) {
      const { body } = await ask({ method: 'POST', path, body: 'content' })
      assert.equal(body.toString(), `the host: ${path} content`)
    }
    assert.equal(records.length, 0)
    assert.equal((await ask({ path: '/app/hello' })).body.toString(), 'hello')
    assert.equal((await ask({ path: '/app/shut' })).status, 401)
    assert.equal((await ask({ path: '/app/get', method: 'PUT', body: 'x' })).status, 405)
    for (const path of ['/app/../secret', '/app/%2e%2e/secret', '/app//hello', '/app/./hello', '/app/%68ello']) {
      assert.equal((await ask({ path })).status, 400, path)
    }
    assert.deepEqual(
      records.map(({ status }) => status),
      [200, 401, 405, 400, 400, 400, 400, 400],
    )
  })

  test(`${name}: no absolute form gets past a guard at a path`, { ...SOON, skip }, async (t) => {
    const { site, records } = watched([{ match: '/*', resource: () => new Response('secret') }])
    const outer = app()
    outer.use('/secret', (_: IncomingMessage, response: ServerResponse) => response.writeHead(403).end())
    outer.use(middleware(site))
    const { port } = await served(t, outer)
    for (const origin of ['http://a', 'http://a;b', "http://a'b", 'http://a%2fb', 'https://%41', 'http://a:80']) {
      const client = await RawClient.open({ port, host: '127.0.0.1' })
      t.after(() => client.socket.destroy())
      client.send(`GET ${origin}/secret HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
      await client.closed()
      assert.match(client.text, /^HTTP\/1\.1 40[034] /, origin)
    }
    assert.ok(records.every(({ status }) => status === 400))
  })

  test(`${name}: whom it has let in, and fields that it has set`, { ...SOON, skip }, async (t) => {
    const { site } = watched(ROUTES)
    const outer = app()
    outer.use((_: IncomingMessage, response: ServerResponse, next: () => void) => {
      response.setHeader('Set-Cookie', 'session=1')
      response.setHeader('Vary', 'Origin')
      response.setHeader('X-Both', 'host')
      next()
    })
    const user = ({ headers }: IncomingMessage) =>
      headers['x-test'] === undefined ? undefined : { name: String(headers['x-test']), groups: [] }
    outer.use(middleware(site, { user }))
    const { ask } = await served(t, outer)
    assert.equal((await ask({ path: '/app/who' })).status, 401)
    const { body, lines = [] } = await ask({ path: '/app/who', headers: { 'x-test': 'ann' } })
    assert.equal(body.toString(), '["ann","127.0.0.1",false]')
    assert.ok(lines.some(([field, value]) => field === 'Set-Cookie' && value === 'session=1'))
    const { headers } = await ask({ path: '/app/hello' })
    assert.deepEqual([headers['vary'], headers['x-both']], ['Origin, Accept', 'site'])
  })

  test(`${name}: content that somebody has read before`, { ...SOON, skip }, async (t) => {
    const { site, reports } = watched(ROUTES)
    const outer = app()
    outer.use(async (request: IncomingMessage & { rawBody?: Buffer }, _: ServerResponse, next: () => void) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      if (request.headers['x-keep'] !== undefined) request.rawBody = Buffer.concat(chunks)
      next()
    })
    outer.use(middleware(site))
    const { ask } = await served(t, outer)
    const question = { method: 'POST', path: '/app/echo', body: '{"a":1}' }
    assert.equal((await ask({ ...question, headers: { 'x-keep': '1' } })).body.toString(), '{"a":1}')
    assert.deepEqual(reports, [])
    assert.equal((await ask(question)).status, 500)
    assert.match(reports.join(), /put Oriel before the body parsers/)
    assert.equal((await ask({ path: '/app/hello' })).status, 200)
  })
}

test('express: the client behind a proxy, where it trusts one', {
  ...SOON,
  skip: hostAbsent('express') ?? false,
}, async (t) => {
  const { site } = watched(ROUTES)
  const app = host<() => App>('express')()
  app.set?.('trust proxy', 'loopback')
  app.use(middleware(site, { user: () => ({ name: 'ann', groups: [] }) }))
  const { ask } = await served(t, app)
  const headers = { 'x-forwarded-for': '192.0.2.9', 'x-forwarded-proto': 'https' }
  assert.equal((await ask({ path: '/app/who', headers })).body.toString(), '["ann","192.0.2.9",true]')
})

test('express: a resource that stands alone has what use() names as its mount', {
  ...SOON,
  skip: hostAbsent('express') ?? false,
}, async (t) => {
  const app = host<() => App>('express')()
  app.use(
    '/caf%C3%A9',
    middleware((request: Request) => Response.json([request.mount, request.rest])),
  )
  const { ask } = await served(t, app)
  assert.equal((await ask({ path: '/caf%C3%A9/a%20b?c' })).body.toString(), '["/caf%C3%A9","/a%20b"]')
  assert.equal((await ask({ path: '/caf%C3%A9' })).body.toString(), '["/caf%C3%A9",""]')
})

interface Fastify {
  readonly server: import('node:http').Server
  register(plugin: unknown, options?: object): unknown
  addHook(name: string, hook: unknown): unknown
  setNotFoundHandler(handler: unknown): unknown
  listen(options: object): Promise<string>
  close(): Promise<unknown>
}

test('fastify: hooks, prefix, what the site leaves, whom it has let in', {
  ...SOON,
  skip: hostAbsent('fastify') ?? false,
}, async (t) => {
  const { site, records } = watched(ROUTES)
  const fastify = host<(options: object) => Fastify>('fastify')({})
  const answered: number[] = []
  fastify.addHook('onRequest', async (_: unknown, reply: { header(name: string, value: string): unknown }) => {
    reply.header('X-Hook', 'yes')
  })
  fastify.addHook(
    'onResponse',
    async (_: unknown, reply: { statusCode: number }) => void answered.push(reply.statusCode),
  )
  fastify.setNotFoundHandler((_: unknown, reply: { code(status: number): { send(text: string): unknown } }) =>
    reply.code(404).send('the host'),
  )
  const user = ({ raw }: { raw: { headers: object } }) =>
    'x-test' in raw.headers ? { name: 'ann', groups: [] } : undefined
  fastify.register(fastifySite(site, { user }), { prefix: '/app' })
  const client = http1Client(await fastify.listen({ port: 0, host: '127.0.0.1' }))
  t.after(async () => {
    await client.close()
    await fastify.close()
  })
  const { ask } = client
  const hello = await ask({ path: '/app/hello' })
  assert.deepEqual([hello.body.toString(), hello.headers['x-hook']], ['hello', 'yes'])
  assert.equal((await ask({ path: '/app/none' })).body.toString(), 'the host')
  assert.equal((await ask({ path: '/app' })).body.toString(), 'the host')
  assert.equal((await ask({ path: '/other' })).body.toString(), 'the host')
  assert.equal((await ask({ path: '/app/shut' })).status, 401)
  assert.equal(
    (await ask({ path: '/app/who', headers: { 'x-test': '1' } })).body.toString(),
    '["ann","127.0.0.1",false]',
  )
  const json = { method: 'POST', path: '/app/echo', headers: { 'content-type': 'application/json' }, body: '{' }
  assert.equal((await ask(json)).body.toString(), '{')
  assert.equal((await ask({ method: 'POST', path: '/app/echo', body: 'no type' })).body.toString(), 'no type')
  assert.equal((await ask({ path: '/app/%2e%2e/hello' })).status, 400)
  assert.deepEqual(
    records.map(({ status }) => status),
    [200, 401, 200, 200, 200, 400],
  )
  assert.equal(answered.length, 9)
})

test('node:http: an upgrade and CONNECT, and what is answered in their place', SOON, async (t) => {
  const taken = (socket: UpgradedSocket, head: Uint8Array): void => {
    socket.on('data', (chunk) => socket.write(`<${Buffer.from(chunk)}>`))
    socket.on('end', () => socket.end())
    socket.on('error', () => {})
    socket.write(`taken ${Buffer.from(head)}`)
    socket.resume()
  }
  const { site, records } = watched([
    {
      match: { path: '/socket' },
      resource: () => new Response(null, { status: 101, headers: { Upgrade: 'test' }, upgrade: taken }),
    },
    { match: '/plain', resource: () => new Response('plain') },
    { match: '/breaks', resource: () => Promise.reject(new Error('broken')) },
  ])
  const server = createServer(nodeHandler(site))
  server.on('upgrade', nodeUpgrade(site))
  server.on('connect', nodeUpgrade(site))
  const { port, close } = await listening(server)
  t.after(close)
  const ask = async (head: string): Promise<RawClient> => {
    const client = await RawClient.open({ port, host: '127.0.0.1' })
    t.after(() => client.socket.destroy())
    client.send(head)
    return client
  }
  const upgrade = (path: string, more = ''): string =>
    `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: test\r\n${more}\r\n`

  const client = await ask(`${upgrade('/socket')}early`)
  await client.until(() => client.text.endsWith('taken early'))
  assert.match(
    client.text,
    /^HTTP\/1\.1 101 Switching Protocols\r\nDate: .*\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n/,
  )
  client.send('one')
  await client.until(() => client.text.endsWith('<one>'))
  client.end()
  await client.closed()

  for (const [path, status] of [
    ['/plain', 200],
    ['/none', 404],
    ['/breaks', 500],
    ['/a b', 400],
  ] as const) {
    const other = await ask(upgrade(path))
    await other.closed()
    assert.match(other.text, new RegExp(`^HTTP/1.1 ${status} `), path)
  }
  const withContent = await ask(`${upgrade('/socket', 'Content-Length: 3\r\n')}abc`)
  await withContent.closed()
  assert.match(withContent.text, /^HTTP\/1\.1 400 /)
  const connect = await ask('CONNECT b:443 HTTP/1.1\r\nHost: b\r\n\r\n')
  await connect.closed()
  assert.match(connect.text, /^HTTP\/1\.1 501 /)
  // A listener for `request` gets what asks for no upgrade.
  const plain = await ask('GET /socket HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await plain.closed()
  assert.match(plain.text, /^HTTP\/1\.1 500 /)
  assert.deepEqual(
    records.map(({ status }) => status).sort((a, b) => a - b),
    [101, 200, 400, 404, 500, 500, 501],
  )
})

test('node:http: an upgrade behind other requests is answered after them', SOON, async (t) => {
  let go: (() => void) | undefined
  const last = (socket: UpgradedSocket): void => {
    socket.write('taken')
    socket.end()
  }
  const { site } = watched([
    { match: '/held', resource: () => new Promise<Response>((resolve) => (go = () => resolve(new Response('held')))) },
    {
      match: '/socket',
      resource: () => new Response(null, { status: 101, headers: { Upgrade: 'test' }, upgrade: last }),
    },
    { match: '/*', resource: (request: Request) => new Response(request.path) },
  ])
  const handler = nodeHandler(site)
  let closing = false
  const server = createServer((request, response) => {
    if (closing && request.url === '/two') response.setHeader('Connection', 'close')
    handler(request, response)
  })
  const upgrade = nodeUpgrade(site)
  const { port, close } = await listening(server)
  t.after(close)
  server.on('upgrade', (request, socket, head) => {
    upgrade(request, socket, head)
    go?.()
  })
  for (closing of [false, true]) {
    const client = await RawClient.open({ port, host: '127.0.0.1' })
    t.after(() => client.socket.destroy())
    client.send(
      'GET /held HTTP/1.1\r\nHost: a\r\n\r\nGET /two HTTP/1.1\r\nHost: a\r\n\r\n' +
        'GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n',
    )
    await client.closed()
    const bodies = client.text.split('\r\n\r\n').map((part) => part.split('HTTP/1.1')[0])
    assert.deepEqual(bodies, ['', 'held', '/two', ...(closing ? [] : ['taken'])])
  }
})

test('node:http: a client that goes while its upgrade is awaited is told of', SOON, async (t) => {
  let begun: (() => void) | undefined
  const asked = new Promise<void>((resolve) => (begun = resolve))
  const { site, ended } = watched([
    {
      match: '/socket',
      resource: ({ signal }: Request) => {
        begun?.()
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
    },
  ])
  const server = createServer(nodeHandler(site))
  server.on('upgrade', nodeUpgrade(site))
  const { port, close } = await listening(server)
  t.after(close)
  const over = ended()
  const client = await RawClient.open({ port, host: '127.0.0.1' })
  t.after(() => client.socket.destroy())
  client.send('GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n')
  await asked
  client.end()
  assert.equal((await over).aborted, true)
})

test('node:http: a connection is closed behind a request whose end others could see elsewhere', SOON, async (t) => {
  const { site } = watched([{ match: '/*', resource: () => new Response('answered') }])
  const server = createServer({ insecureHTTPParser: true }, nodeHandler(site))
  const { port, close } = await listening(server)
  t.after(close)
  for (const [version, field] of [
    ['1.1', 'Content-Length: 3'],
    ['1.0', 'Connection: keep-alive'],
  ]) {
    const client = await RawClient.open({ port, host: '127.0.0.1' })
    t.after(() => client.socket.destroy())
    client.send(`POST / HTTP/${version}\r\nHost: a\r\n${field}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)
    await client.closed()
    assert.match(client.text, /^HTTP\/1\.1 400 [\s\S]*\r\nConnection: close\r\n/)
  }
})

test('node:http: what a lenient parser lets through is refused', SOON, async (t) => {
  const { site } = watched([{ match: '/*', resource: async (request: Request) => new Response(await request.bytes()) }])
  const server = createServer({ insecureHTTPParser: true, requireHostHeader: false }, nodeHandler(site))
  const { port, close } = await listening(server)
  t.after(close)
  const heads = [
    'GET / HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\nX: a\x01b\r\n\r\n',
    'GET /\x80 HTTP/1.1\r\nHost: a\r\n\r\n',
    'GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n',
  ]
  for (const head of heads) {
    const client = await RawClient.open({ port, host: '127.0.0.1' })
    client.send(head)
    assert.equal((await client.answer()).status, 400, head)
    client.socket.destroy()
  }
})

test('node:http: requests in one line that a client leaves all end', SOON, async (t) => {
  const { site, records } = watched([
    {
      match: '/waits',
      resource: ({ signal }: Request) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve(new Response('late')))),
    },
    { match: '/quick', resource: () => new Response('quick') },
  ])
  const server = createServer(nodeHandler(site))
  const { port, close } = await listening(server)
  t.after(close)
  const arrived = new Promise<void>((resolve) => {
    let count = 0
    server.on('request', () => ++count === 3 && resolve())
  })
  const client = await RawClient.open({ port, host: '127.0.0.1' })
  const all = new Promise<void>((resolve) => {
    const { push } = records
    records.push = (...more) => {
      const size = push.apply(records, more)
      if (size === 3) resolve()
      return size
    }
  })
  for (const path of ['/waits', '/quick', '/waits']) client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
  await arrived
  client.socket.destroy()
  await all
  // Also the one that waits in line: nobody got it.
  assert.equal(records.filter(({ aborted }) => aborted).length, 3)
})

test(
  'node:http: a body that nobody reads, and one of which the beginning is read, leave the connection usable',
  SOON,
  async (t) => {
    const { site } = watched([
      { match: '/unread', resource: () => new Response('done') },
      {
        match: '/begun',
        resource: async (request: Request) => {
          for await (const _ of request.body ?? []) break
          return new Response('done')
        },
      },
    ])
    const { ask } = await served(t, nodeHandler(site))
    for (const path of ['/unread', '/begun', '/unread']) {
      const { status, body } = await ask({ method: 'POST', path, body: Buffer.alloc(300_000) })
      assert.deepEqual([status, body.toString()], [200, 'done'])
    }
  },
)

test('node:http: a client that does not read holds up its own answer only, and its going ends it', SOON, async (t) => {
  let pulled = 0
  async function* much(): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      pulled++
      yield Buffer.alloc(65536)
    }
  }
  const { site, ended } = watched([
    { match: '/much', resource: () => new Response(much()) },
    { match: '/quick', resource: () => new Response('quick') },
  ])
  const { ask, port } = await served(t, nodeHandler(site))
  const client = await RawClient.open({ port, host: '127.0.0.1' })
  client.socket.pause()
  client.send('GET /much HTTP/1.1\r\nHost: a\r\n\r\n')
  let before = -1
  while (before !== pulled || pulled === 0) {
    before = pulled
    for (let i = 0; i < 20; i++) assert.equal((await ask({ path: '/quick' })).status, 200)
  }
  assert.ok(pulled < 1000, `${pulled} pieces were pulled that nobody reads`)
  const over = new Promise<ExchangeRecord>((resolve) => {
    const wait = async (): Promise<void> => {
      const record = await ended()
      if (record.uri === '/much') resolve(record)
      else await wait()
    }
    wait().catch(() => {})
  })
  client.socket.destroy()
  assert.equal((await over).aborted, true)
})

test('a host gets a TypeError for what can answer nothing', () => {
  for (const make of [nodeHandler, nodeUpgrade, middleware, fastifySite]) assert.throws(() => make(7), TypeError)
})
