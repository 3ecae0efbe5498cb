import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../test/support/folder.ts'
import { freePorts } from '../test/support/ports.ts'
import * as oriel from './index.ts'
import { type Connection, createSite, type Request, Resource, Response, type Server, serve } from './index.ts'

const root = makeFolder({ 'index.html': 'index', 'notes.mjs': 'export const GET = () => new Response("module")' })

class Echo extends Resource {
  override GET(request: Request, connection: Connection): Response {
    return Response.json({ path: request.path, id: request.params['id'], remote: connection.remote.address })
  }

  override async POST(request: Request): Promise<Response> {
    return new Response(await request.text())
  }
}

async function started(options: oriel.ServeOptions): Promise<Server> {
  return serve({ base: root, ...options })
}

test('the package exports these names, and no other', () => {
  assert.deepEqual(Object.keys(oriel).sort(), [
    'AuthenticationFailed',
    'AuthorizationRequired',
    'BoundObject',
    'ConfigError',
    'Declined',
    'Forbidden',
    'Headers',
    'HttpError',
    'Request',
    'Reroute',
    'Resource',
    'Response',
    'Site',
    'bind',
    'createSite',
    'defineConfig',
    'files',
    'handleRequest',
    'publish',
    'serve',
    'webServerUser',
  ])
})

test('a Site that is made without waiting tells at once what is wrong with its guards', () => {
  const routes = [{ match: '/*', respond: 'x' }]
  assert.throws(() => new oriel.Site({ routes, access: { allow: { addresses: ['everywhere'] } } }), {
    message: /^access: .*everywhere/,
  })
})

test('serve takes routes and a port, says its url, answers there, and closes', async () => {
  const server = await started({
    port: 0,
    routes: [
      { match: '/echo/:id', resource: Echo },
      { match: '/*', files: '.' },
      { match: '/notes', module: './notes.mjs' },
      { match: '/again/*', resource: oriel.files(root) },
    ],
  })
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/)
  assert.deepEqual(server.urls, [server.url])
  assert.equal(await (await fetch(server.url)).text(), 'index')
  assert.deepEqual(await (await fetch(`${server.url}/echo/a%20b`)).json(), {
    path: '/echo/a%20b',
    id: 'a b',
    remote: '127.0.0.1',
  })
  assert.equal(await (await fetch(`${server.url}/echo/7`, { method: 'POST', body: 'said' })).text(), 'said')
  assert.equal(await (await fetch(`${server.url}/notes`)).text(), 'module')
  assert.equal(await (await fetch(`${server.url}/again/`)).text(), 'index')
  await server.close()
  await assert.rejects(fetch(server.url))
  await server.close()
})

test('a site answers in process as its server does over a socket', async () => {
  const routes = [{ match: '/echo/:id', resource: new Echo() }] as const
  const server = await started({ port: 0, routes })
  const site = await createSite({ base: root, routes })
  for (const [path, init] of [
    ['/echo/1', { method: 'POST', body: 'said' }],
    ['/missing', {}],
    ['/echo/1', { method: 'DELETE' }],
    ['/echo/1', { method: 'OPTIONS' }],
  ] as const) {
    const over = await fetch(server.url + path, init)
    for (const asked of [server.site, site]) {
      const inside = await asked.request(path, init)
      assert.equal(inside.status, over.status, path)
      assert.equal(inside.headers.get('allow'), over.headers.get('allow'))
      assert.equal(await inside.text(), await over.clone().text())
    }
  }
  await server.close()
})

test('several addresses are served at once, and where one is taken none stays open', async (t) => {
  const unix = join(makeFolder(), 'x.sock')
  const listen = process.platform === 'win32' ? [{ port: 0 }] : [{ port: 0 }, { unix }, { port: 0, host: 'localhost' }]
  const server = await started({ listen, routes: [{ match: '/*', respond: 'x' }] })
  assert.equal(server.urls.length, listen.length)
  for (const url of server.urls.filter((one) => one.startsWith('http'))) assert.equal((await fetch(url)).status, 200)
  await server.close()

  const busy = createServer().listen(0, '127.0.0.1')
  await once(busy, 'listening')
  t.after(() => busy.close())
  const { port } = busy.address() as { port: number }
  const [first = 0] = await freePorts(1)
  await assert.rejects(started({ listen: [{ port: first }, { port }], routes: [] }), { code: 'EADDRINUSE' })
  await assert.rejects(fetch(`http://127.0.0.1:${first}`))
})

test('options that cannot be used are refused with a ConfigError that says where', async () => {
  const cases: readonly (readonly [options: unknown, message: string])[] = [
    [
      { port: 0, listen: [{ port: 0 }], routes: [] },
      'serve(): port and host are short for listen: give one or the other',
    ],
    [
      { host: '::1', listen: [{ port: 0 }], routes: [] },
      'serve(): port and host are short for listen: give one or the other',
    ],
    [{ port: '80', routes: [] }, 'serve(): listen[0].port: expected a number, not "80"'],
    [{ port: 0 }, 'serve(): routes: is missing; give routes, or objects'],
    [
      { port: 0, routes: [{ match: '/*', flies: '.' }] },
      'serve(): routes[0].flies: there is no such key; did you mean "files"?',
    ],
    [
      { port: 0, routes: [{ match: '/*', files: './nowhere' }] },
      `serve(): routes[0].files: there is no folder ${join(root, 'nowhere')}`,
    ],
  ]
  for (const [options, message] of cases) {
    await assert.rejects(started(options as oriel.ServeOptions), { name: 'ConfigError', message })
  }
  await assert.rejects(createSite({ routes: 5 } as never), { message: 'createSite(): routes: expected a list, not 5' })
})

test('defineConfig gives back what it was given', () => {
  const config = { routes: [] }
  assert.equal(oriel.defineConfig(config), config)
})
