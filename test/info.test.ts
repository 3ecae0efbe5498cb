import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createSite, publish, Resource, Response, type ServeOptions, serve } from '../src/index.ts'
import type { ServerEntry, SiteInfo } from '../src/object/info/entries.ts'
import { makeFolder } from './support/folder.ts'
import { Passwords } from './support/passwords.ts'
import { RawClient } from './support/raw-client.ts'

const FORBIDDEN = ['info', 'constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf']
const LOGIN = { authorization: `Basic ${Buffer.from('joe:secret').toString('base64')}` }
const ACCESS = { scheme: 'basic', store: new Passwords() } as const

class Notes extends Resource {
  override GET(): Response {
    return new Response('a note')
  }
  info() {
    return { description: 'Notes', methods: { GET: 'One' }, examples: [{ path: '/1' }, { path: '/../secret' }] }
  }
}

class Hung extends Resource {
  override PUT(): Response {
    return new Response(null)
  }
  info(): Promise<never> {
    return new Promise(() => undefined)
  }
}

class Failing extends Resource {
  override GET(): Response {
    return new Response('x')
  }
  info(): never {
    throw new Error('secret')
  }
}

const ROUTES = [{ match: '/*', respond: 'elsewhere' }]

async function served(t: TestContext, options: ServeOptions = {}): Promise<string> {
  const server = await serve({ routes: ROUTES, listen: [{ port: 0 }], ...options })
  t.after(() => server.close())
  return server.url
}

async function published(t: TestContext, name: string, objects: Record<string, unknown>): Promise<string> {
  const listen = `unix:${join(makeFolder(), 'sock')}`
  const server = await publish(name, objects, { listen })
  t.after(() => server.close())
  return server.handle
}

async function infoOf<T = SiteInfo>(url: string, path: string = '/info@root', headers: object = {}): Promise<T> {
  const answer = await fetch(`${url}${path}`, { headers: { ...headers } })
  assert.equal(answer.status, 200, path)
  assert.equal(answer.headers.get('content-type'), 'application/json')
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  return (await answer.json()) as T
}

/** The status and the content of an answer to fields that `fetch` would not send. */
async function raw(t: TestContext, url: string, lines: readonly string[], path = '/info@root', version = '1.1') {
  const { hostname, port, pathname } = new URL(url)
  const to = url.startsWith('unix:') ? { path: pathname } : { host: hostname, port: Number(port) }
  const client = await RawClient.open(to)
  t.after(() => client.socket.destroy())
  const host = lines.some((line) => /^host:/i.test(line)) ? [] : ['Host: localhost']
  client.send([`GET ${path} HTTP/${version}`, ...host, ...lines, 'Connection: close', '', ''].join('\r\n'))
  await client.answer()
  client.socket.destroy()
  return client.text.includes('"routes"') ? 'told' : client.text.includes('elsewhere') ? 'elsewhere' : client.text
}

test('all that a site mounts is told, and all that its objects say', async (t) => {
  const paul = await published(t, 'paul', { notes: new Notes(), hung: new Hung(), failing: new Failing() })
  const url = await served(t, {
    objects: { paul, gone: `fastcgi:unix:${join(makeFolder(), 'gone')}`, both: ['paul', 'gone'] },
    routes: [
      { match: '/notes/*', resource: Notes },
      { match: '/inside', respond: 'x', internal: true },
      {
        match: { path: '/n', host: 'a.example', method: 'GET', when: () => true },
        object: 'notes@paul',
        access: ACCESS,
      },
      { match: '/files/*', files: makeFolder() },
    ],
  })
  const { site, routes, servers } = await infoOf(url)
  assert.match(site.software, /^oriel\/\d/)
  assert.ok(Date.parse(site.since) <= Date.now())
  const info = { description: 'Notes', methods: { GET: 'One' } }
  assert.deepEqual(routes, [
    {
      path: '/notes/*',
      methods: ['GET', 'HEAD', 'OPTIONS'],
      kind: 'resource',
      guarded: false,
      info: { ...info, examples: [{ method: 'GET', path: '/notes/1' }] },
    },
    {
      path: '/n',
      host: ['a.example'],
      methods: ['GET', 'HEAD'],
      kind: 'object',
      guarded: true,
      conditional: true,
      object: 'notes@paul',
    },
    { path: '/files/*', methods: ['GET', 'HEAD', 'OPTIONS'], kind: 'files', guarded: false },
  ])
  const [first, gone, both] = servers
  assert.deepEqual(first?.objects, [
    {
      name: 'notes',
      path: '/n',
      methods: ['GET', 'HEAD', 'OPTIONS'],
      info: { ...info, examples: [{ method: 'GET', path: '/n/1' }] },
    },
    { name: 'hung', path: '/hung@paul', methods: ['PUT', 'OPTIONS'] },
    { name: 'failing', path: '/failing@paul', methods: ['GET', 'HEAD', 'OPTIONS'] },
  ])
  assert.deepEqual([first?.kind, first?.answers, first?.says, first?.software], ['fastcgi', true, true, site.software])
  assert.deepEqual(gone, {
    name: 'gone',
    kind: 'fastcgi',
    answers: false,
    says: false,
    reason: 'It cannot be reached.',
  })
  assert.deepEqual([both?.kind, both?.aliasOf], ['alias', ['paul', 'gone']])
})

test('nothing is told of addresses, commands, files, and of who may', async (t) => {
  const folder = makeFolder({
    'paul.mjs': `import { publish, Response } from ${JSON.stringify(new URL('../src/index.js', import.meta.url))}
await publish('paul', { echo: () => new Response('x') })`,
  })
  const gone = `fastcgi:unix:${join(folder, 'SECRET.sock')}`
  const url = await served(t, {
    base: folder,
    objects: { paul: 'module:./paul.mjs', gone, several: [gone, 'gone'] },
    routes: [
      { match: '/a/*', files: folder, access: { ...ACCESS, realm: 'SECRET', allow: { users: ['SECRET'] } } },
      { match: '/b/*', proxy: 'http://127.0.0.1:1/SECRET' },
      { match: '/c', redirect: '/SECRET' },
    ],
  })
  const text = JSON.stringify(await infoOf(url))
  for (const secret of ['SECRET', folder, '127.0.0.1', 'paul.mjs']) assert.equal(text.includes(secret), false, secret)
})

test('it is told of one object server alone', async (t) => {
  const url = await served(t, { objects: { paul: await published(t, 'paul', { notes: new Notes() }) } })
  const { servers } = await infoOf(url)
  assert.deepEqual(await infoOf<ServerEntry>(url, '/info@paul'), servers[0])
  for (const path of ['/info@other', '/info@', '/info@root/x', '/info@paul/']) {
    assert.equal(await (await fetch(`${url}${path}`)).text(), 'elsewhere', path)
  }
})

test('by itself it is there for nobody but clients of this machine that ask it by its own name, and by no proxy', async (t) => {
  const url = await served(t)
  for (const lines of [[], ['Host: localhost:1'], ['Host: a.localhost'], ['Host: 127.0.0.1'], ['Host: [::1]:8']]) {
    assert.equal(await raw(t, url, lines), 'told', lines.join())
  }
  for (const line of [
    'Host: evil.example',
    'Host: localhost.evil.example',
    'Host: 192.0.2.1',
    'Forwarded: for=127.0.0.1',
    'X-Forwarded-For: 127.0.0.1',
    'x-forwarded-anything: 1',
    'X-Real-IP: 127.0.0.1',
    'Via: 1.1 proxy',
    'Sec-Fetch-Site: cross-site',
    'Origin: http://evil.example',
    'Origin: null',
  ]) {
    assert.equal(await raw(t, url, [line]), 'elsewhere', line)
  }
  assert.equal(await raw(t, url, [], '/info@root', '1.0'), 'elsewhere')
})

test('by itself it is there for clients of a Unix socket, where the site listens at one', async (t) => {
  const unix = join(makeFolder(), 'sock')
  await served(t, { listen: [{ unix }] })
  assert.equal(await raw(t, `unix:${unix}`, []), 'told')
  assert.equal(await raw(t, `unix:${unix}`, ['Via: 1.1 proxy']), 'elsewhere')
})

const OPEN = [{ port: 0, host: '0.0.0.0' }]

for (const [what, options] of [
  ['it is told not to', { info: false }],
  ['others can come', { listen: OPEN }],
  ['others can come to one address', { listen: [{ port: 0 }, ...OPEN] }],
  ['there are trusted proxies', { trustedProxies: ['192.0.2.1'] }],
] as const) {
  test(`it is not there where ${what}`, async (t) => {
    const url = (await served(t, options)).replace('0.0.0.0', '127.0.0.1')
    assert.equal(await raw(t, url, []), 'elsewhere')
  })
}

test('where another server listens for the site, the config says who is told', async () => {
  const read = async (info?: ServeOptions['info']): Promise<string> => {
    const site = await createSite({ routes: ROUTES, ...(info !== undefined && { info }) })
    return (await site.request('http://localhost/info@root')).text()
  }
  assert.equal(await read(), 'elsewhere')
  await assert.rejects(read(true), /info: another server listens for it: say who is told/)
  assert.match(await read({ access: 'public' }), /"routes"/)
})

test('where others can come, the config must say who is told', async (t) => {
  for (const options of [
    { listen: OPEN },
    { trustedProxies: ['192.0.2.1'] },
    { listen: OPEN, access: 'public' as const },
  ]) {
    for (const info of [true, { timeout: 100 }]) {
      await assert.rejects(
        served(t, { ...options, info }),
        /info: (?:others can reach 0\.0\.0\.0:0|there are trustedProxies): say who is told/,
      )
    }
  }
})

for (const [what, options] of [
  ['its own guard', { info: { access: ACCESS } }],
  ['the guard of the site', { info: true, access: ACCESS }],
] as const) {
  test(`behind ${what}, whoever it lets in is told, from wherever`, async (t) => {
    const url = (await served(t, { listen: OPEN, ...options })).replace('0.0.0.0', '127.0.0.1')
    for (const headers of [{}, { authorization: 'Basic eDp5' }]) {
      const refused = await fetch(`${url}/info@root`, { headers: headers as Record<string, string> })
      assert.equal(refused.status, 401)
      assert.equal((await refused.text()).includes('routes'), false)
    }
    assert.equal((await infoOf(url, '/info@root', { ...LOGIN, 'x-forwarded-for': '192.0.2.1' })).routes.length, 1)
  })
}

test('on this machine too the guard of the site stands before it', async (t) => {
  const url = await served(t, { access: ACCESS })
  assert.equal((await fetch(`${url}/info@root`)).status, 401)
  assert.equal((await infoOf(url, '/info@root', LOGIN)).routes.length, 1)
})

test('public is said by the word', async (t) => {
  const url = (await served(t, { listen: OPEN, info: { access: 'public' } })).replace('0.0.0.0', '127.0.0.1')
  assert.equal(await raw(t, url, ['Host: site.example', 'Via: 1.1 proxy']), 'told')
})

test('a route of its very name comes first, one for all paths behind it, on each host', async (t) => {
  const mine = await served(t, { routes: [{ match: '/info@root', respond: 'elsewhere' }, ...ROUTES] })
  assert.equal(await raw(t, mine, []), 'elsewhere')
  const hosts = await served(t, { routes: [{ match: { path: '/*', host: 'localhost' }, respond: 'elsewhere' }] })
  assert.equal(await raw(t, hosts, []), 'told')
})

test('nobody but GET and HEAD gets anything of it', async (t) => {
  const url = await served(t)
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
    const answer = await fetch(`${url}/info@root`, { method })
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'GET, HEAD, OPTIONS'])
  }
  const head = await fetch(`${url}/info@root`, { method: 'HEAD' })
  assert.deepEqual([head.status, await head.text()], [200, ''])
})

test('no request calls info, or a method of Object.prototype: of objects, of modules, of routes', async (t) => {
  const folder = makeFolder({
    'notes.mjs': `export function GET() { return new Response('x') }
export function info() { return { description: 'a module' } }`,
  })
  const url = await served(t, {
    base: folder,
    objects: { paul: await published(t, 'paul', { notes: new Notes() }) },
    routes: [
      { match: '/resource', resource: new Notes() },
      { match: '/module', module: './notes.mjs' },
      { match: '/fetch', resource: { GET: () => new Response('x'), info: () => ({ description: 'x' }) } },
    ],
  })
  for (const path of ['/resource', '/module', '/fetch', '/notes@paul', '/info@root', '/info@paul']) {
    for (const method of FORBIDDEN) {
      const client = await RawClient.open({ host: '127.0.0.1', port: Number(new URL(url).port) })
      client.send(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
      const { status } = await client.answer(method)
      client.socket.destroy()
      assert.equal(status, 405, `${method} ${path}`)
    }
  }
  const { routes } = await infoOf(url)
  assert.equal(routes.find(({ path }) => path === '/module')?.info?.description, 'a module')
})

test('an object server that takes calls and never answers costs the time, and its own entry', async (t) => {
  const socket = join(makeFolder(), 'stopped')
  const stopped = createServer((connection) => connection.resume())
  await new Promise<void>((resolve) => stopped.listen(socket, resolve))
  t.after(() => stopped.close())
  const url = await served(t, {
    info: { timeout: 1500 },
    objects: { stopped: `fastcgi:unix:${socket}`, paul: await published(t, 'paul', { notes: new Notes() }) },
  })
  const { servers } = await infoOf(url)
  assert.deepEqual(
    servers.map(({ name, answers, reason }) => [name, answers, reason]),
    [
      ['stopped', false, 'It did not answer in time.'],
      ['paul', true, undefined],
    ],
  )
})

test('many that ask at once are one question', async (t) => {
  let asked = 0
  class Counting extends Notes {
    override info() {
      asked++
      return super.info()
    }
  }
  const url = await served(t, { objects: { paul: await published(t, 'paul', { notes: new Counting() }) } })
  const all = await Promise.all(Array.from({ length: 20 }, () => infoOf(url)))
  assert.ok(asked < 20, `asked ${asked} times`)
  assert.equal(all.filter(({ servers }) => servers[0]?.says).length, 20)
})

test('ten thousand objects of one server are told, and stand on the page', async (t) => {
  const objects = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`o${i}`, new Notes()]))
  const url = await served(t, { info: { timeout: 20_000 }, objects: { paul: await published(t, 'paul', objects) } })
  const { servers } = await infoOf(url)
  assert.equal(servers[0]?.objects?.length, 10_000)
  const page = await (await fetch(`${url}/info@root`, { headers: { accept: 'text/html' } })).text()
  assert.equal(page.split('<details id="o').length, 10_001)
})

test('a thousand object servers that are gone are told', async (t) => {
  const gone = join(makeFolder(), 'gone')
  const objects = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`s${i}`, `fastcgi:unix:${gone}${i}`]))
  const { servers } = await infoOf(await served(t, { info: { timeout: 20_000 }, objects }))
  assert.equal(servers.length, 1000)
  assert.ok(servers.every(({ reason }) => reason === 'It cannot be reached.'))
})

test('a page is made of it for browsers, which nothing in it may leave', async (t) => {
  const url = await served(t)
  const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
  const page = await fetch(`${url}/info@root`, { headers: { accept } })
  assert.equal(page.headers.get('content-type'), 'text/html;charset=utf-8')
  const policy = page.headers.get('content-security-policy') ?? ''
  for (const part of ["default-src 'none'", "connect-src 'self'", "require-trusted-types-for 'script'"])
    assert.ok(policy.includes(part))
  assert.equal(/unsafe|\*/.test(policy), false)
  assert.equal(page.headers.get('access-control-allow-origin'), null)
  assert.equal(page.headers.get('cross-origin-resource-policy'), 'same-origin')
  assert.equal(/(?:src|href)="(?!data:,)/.test(await page.text()), false)
})
