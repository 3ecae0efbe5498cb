import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import { gate } from '../../test/support/gate.ts'
import { RawClient } from '../../test/support/raw-client.ts'
import { ConfigError, type ServeOptions } from '../config/config.ts'
import { Response } from '../message/response.ts'
import { type Server, serve } from './serve.ts'

const SOON = { timeout: 20_000 }
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

function named(name: string): Pick<ServeOptions, 'routes'> {
  return { routes: [{ match: '/*', resource: () => new Response(name) }] }
}

async function started(t: TestContext, options: ServeOptions): Promise<Server> {
  const server = await serve(options)
  t.after(() => server.close())
  return server
}

async function client(t: TestContext, { url }: Server): Promise<RawClient> {
  const opened = await RawClient.open({ port: Number(new URL(url).port), host: '127.0.0.1' })
  t.after(() => opened.destroy())
  return opened
}

async function said({ url }: Server): Promise<string> {
  return (await fetch(url)).text()
}

test('the same options again read modules again', SOON, async (t) => {
  const base = makeFolder({ 'm.mjs': "export const GET = () => new Response('first')" })
  const server = await started(t, { port: 0, base, routes: [{ match: '/*', module: './m.mjs' }] })
  const { url, site } = server
  assert.equal(await said(server), 'first')
  writeFileSync(join(base, 'm.mjs'), "export const GET = () => new Response('second')")
  await server.reload()
  assert.equal(await said(server), 'second')
  assert.equal(server.url, url)
  assert.notEqual(server.site, site)
})

test(
  'other options are served from then on, at addresses that may be others, and are the same options next',
  SOON,
  async (t) => {
    const server = await started(t, { port: 0, ...named('one') })
    const { url } = server
    const raw = await client(t, server)
    await server.reload({ listen: [{ port: 0 }, { port: 0 }], ...named('two') })
    assert.deepEqual([server.urls.length, server.urls[0]], [2, url])
    raw.send(GET)
    assert.equal((await raw.answer()).body, 'two')
    await server.reload()
    assert.deepEqual([server.urls.length, await said(server)], [2, 'two'])
  },
)

test('an exchange that runs ends as it began; the next one on the connection is of the new site', SOON, async (t) => {
  const [begun, go] = [gate(), gate()]
  const resource = async (): Promise<Response> => {
    begun.open()
    await go.passed
    return new Response('old')
  }
  const server = await started(t, { port: 0, routes: [{ match: '/*', resource }] })
  const raw = await client(t, server)
  raw.send(GET + GET)
  await begun.passed
  await server.reload({ port: 0, ...named('new') })
  assert.equal(await said(server), 'new')
  go.open()
  assert.deepEqual([(await raw.answer()).body, (await raw.answer()).body], ['old', 'new'])
})

test('limits and time limits are those of the new options, on open connections too', SOON, async (t) => {
  const server = await started(t, { port: 0, ...named('one') })
  const raw = await client(t, server)
  raw.send(GET)
  assert.equal((await raw.answer()).status, 200)
  await server.reload({ port: 0, ...named('two'), limits: { requestLine: 100 } })
  raw.send(`GET /${'x'.repeat(300)} HTTP/1.1\r\nHost: a\r\n\r\n`)
  assert.equal((await raw.answer()).status, 414)
})

for (const [what, options, message] of [
  ['a wrong key', { routes: [], prot: 8080 }, /prot/],
  ['a module that is not there', { port: 0, routes: [{ match: '/*', module: './none.mjs' }] }, /none\.mjs/],
  ['a folder that is not there', { port: 0, routes: [{ match: '/*', files: '/no/such/folder' }] }, /no folder/],
  ['two ways to say where', { port: 0, listen: [{ port: 0 }], routes: [] }, /one or the other/],
  ['workers', { port: 0, workers: 2, routes: [] }, /workers is for processes/],
  [
    'a certificate that is not there',
    { listen: [{ port: 0, tls: [{ cert: 'c', key: 'k' }] }], routes: [] },
    /cannot be read/,
  ],
] as const) {
  test(`a reload with ${what} fails with a ConfigError, and leaves the server as it was`, SOON, async (t) => {
    const server = await started(t, { port: 0, ...named('one') })
    const { urls, site } = server
    await assert.rejects(server.reload(options as unknown as ServeOptions), (error: Error) => {
      assert.ok(error instanceof ConfigError, error.message)
      assert.match(error.message, message)
      return true
    })
    assert.deepEqual([server.urls, server.site, await said(server)], [urls, site, 'one'])
    await server.reload()
    assert.equal(await said(server), 'one', 'the options that failed are not those of the next reload')
  })
}

test('after close nothing is loaded any more', SOON, async () => {
  const server = await serve({ port: 0, ...named('one') })
  await server.close()
  await assert.rejects(server.reload(), /the server was stopped/)
})

test('a reload that close overtakes fails, and nothing listens', SOON, async () => {
  const server = await serve({ port: 0, ...named('one') })
  const reloading = server.reload({ listen: [{ port: 0 }, { port: 0 }], ...named('two') })
  const rejected = assert.rejects(reloading, /the server (?:is stopping|was stopped)/)
  await server.close()
  await rejected
  for (const url of server.urls) await assert.rejects(fetch(url))
})

test('reloads at the same time are made one after the other: the last one holds', SOON, async (t) => {
  const server = await started(t, { port: 0, ...named('one') })
  const bad = { port: 0, routes: [{ match: '/*', module: './none.mjs' }] }
  const names = Array.from({ length: 20 }, (_, i) => String(i))
  const outcomes = await Promise.allSettled(
    names.flatMap((name) => [server.reload({ port: 0, ...named(name) }), server.reload(bad)]),
  )
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    names.flatMap(() => ['fulfilled', 'rejected']),
  )
  assert.equal(await said(server), '19')
})
