import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cpSync, existsSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { certificate } from '../../test/support/certificates.ts'
import { makeFolder } from '../../test/support/folder.ts'
import { freePorts } from '../../test/support/ports.ts'
import { RawClient } from '../../test/support/raw-client.ts'
import type { Built } from '../config/build.ts'
import type { ListenAddress } from '../io/bound.ts'
import { Response } from '../message/response.ts'
import { Site } from '../site/site.ts'
import { Running } from './running.ts'

const SOON = { timeout: 20_000 }
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

/** A site that says its name. */
function named(name: string, listen: readonly ListenAddress[], engine: Built['engine'] = {}): Built {
  const site = new Site({ routes: [{ match: '/*', resource: () => new Response(name) }] })
  return { site, listen, engine, applications: [] }
}

async function become(running: Running, built: Built): Promise<void> {
  await (await running.prepare(built)).make()
}

async function served(t: TestContext, built: Built): Promise<Running> {
  const running = new Running()
  t.after(() => running.close())
  await become(running, built)
  return running
}

async function said(url: string): Promise<string> {
  return (await fetch(url)).text()
}

async function client(t: TestContext, url: string): Promise<RawClient> {
  const opened = await RawClient.open({ port: Number(new URL(url).port), host: '127.0.0.1' })
  t.after(() => opened.destroy())
  return opened
}

/** A port that somebody else listens on. */
async function busyPort(t: TestContext): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as { port: number }).port
}

/** A TLS connection on which requests can be made, and the name in the certificate that it was shown. */
async function secure(t: TestContext, url: string): Promise<{ raw: RawClient; shown: string }> {
  const socket: TLSSocket = connectTls({
    port: Number(new URL(url).port),
    host: '127.0.0.1',
    rejectUnauthorized: false,
  })
  t.after(() => socket.destroy())
  await once(socket, 'secureConnect')
  return { raw: new RawClient(socket), shown: String(socket.getPeerCertificate().subject.CN) }
}

async function asked(raw: RawClient): Promise<string> {
  raw.send(GET)
  return (await raw.answer()).body
}

test('before anything is served there is no site and no address', async () => {
  const running = new Running()
  assert.deepEqual([running.url, running.urls], ['', []])
  assert.throws(() => running.site, /nothing is served yet/)
  await running.close()
})

test('an address that both configs name stays, with its connections; others come and go', SOON, async (t) => {
  const running = await served(t, named('one', [{ port: 0 }, { port: 0, host: 'localhost' }]))
  const [kept = '', removed = ''] = running.urls
  const bound = running.bounds.get('127.0.0.1:0')
  const [onKept, onRemoved] = [await client(t, kept), await client(t, removed)]
  assert.deepEqual([await asked(onKept), await asked(onRemoved)], ['one', 'one'])
  await become(running, named('two', [{ port: 0 }, { port: 0 }]))
  assert.equal(running.urls[0], kept)
  assert.equal(running.bounds.get('127.0.0.1:0'), bound)
  assert.equal(await said(running.urls[1] ?? ''), 'two')
  assert.deepEqual([await asked(onKept), await asked(onRemoved)], ['two', 'two'], 'also where nobody is accepted now')
  await assert.rejects(fetch(removed))
  await become(running, named('three', [{ port: 0 }]))
  assert.deepEqual(running.urls, [kept])
  assert.equal(await said(kept), 'three')
})

test('the addresses are told as the config lists them', SOON, async (t) => {
  const running = await served(t, named('one', [{ port: 0 }, { port: 0, host: 'localhost' }]))
  const urls = running.urls
  await become(running, named('one', [{ port: 0, host: 'localhost' }, { port: 0 }]))
  assert.deepEqual(running.urls, urls.toReversed())
})

for (const [what, spoilt] of [
  ['a port that is in use', async (t: TestContext) => ({ port: await busyPort(t) })],
  ['a folder that is not there', async () => ({ unix: '/no/such/folder/a.sock' })],
  ['an address that this machine has not', async () => ({ port: 0, host: '192.0.2.1' })],
] as const) {
  test(`a change to ${what} leaves all as it was`, SOON, async (t) => {
    const running = await served(t, named('one', [{ port: 0 }]))
    const { url, bounds } = running
    const socket = join(makeFolder(), 'new.sock')
    const change = named('two', [{ port: 0 }, { unix: socket }, await spoilt(t), { port: 0 }])
    await assert.rejects(running.prepare(change))
    assert.deepEqual([running.url, running.bounds], [url, bounds])
    assert.equal(existsSync(socket), false, 'what was taken for it is given back')
    assert.equal(await said(url), 'one')
  })
}

test('a change that is dropped gives back what it has taken', SOON, async (t) => {
  const running = await served(t, named('one', [{ port: 0 }]))
  const socket = join(makeFolder(), 'new.sock')
  const change = await running.prepare(named('two', [{ unix: socket }]))
  assert.ok(existsSync(socket))
  change.drop()
  assert.ok(!existsSync(socket))
  assert.equal(await said(running.url), 'one')
})

test('an address that cannot be listened on after all is told, and the rest is made', SOON, async (t) => {
  const running = await served(t, named('one', [{ port: 0 }]))
  const [port = 0] = await freePorts(1)
  const listen = [{ port: 0 }, { port }, { port, host: '0.0.0.0' }]
  const change = await running.prepare(named('two', listen)).catch((error: NodeJS.ErrnoException) => error)
  if (change instanceof Error) assert.equal(change.code, 'EADDRINUSE')
  else await assert.rejects(change.make(), { name: 'PartlyMade', message: /EADDRINUSE/ })
  assert.equal(await said(running.url), change instanceof Error ? 'one' : 'two')
})

test('at first it is the error of the system', SOON, async (t) => {
  const running = new Running()
  t.after(() => running.close())
  const [port = 0] = await freePorts(1)
  const twice = named('one', [{ port }, { port, host: '0.0.0.0' }])
  await assert.rejects(become(running, twice), { code: 'EADDRINUSE', syscall: 'listen' })
})

test('an address goes from plain to TLS and back, and what is open stays as it is', SOON, async (t) => {
  const files = certificate(t, 'first.test')
  if (files === undefined) return
  const running = await served(t, named('one', [{ port: 0 }]))
  const plain = await client(t, running.url)
  assert.equal(await asked(plain), 'one')
  await become(running, named('two', [{ port: 0, tls: [files] }]))
  assert.match(running.url, /^https:/)
  const { raw, shown } = await secure(t, running.url)
  assert.equal(shown, 'first.test')
  assert.deepEqual([await asked(raw), await asked(plain)], ['two', 'two'])
  await become(running, named('three', [{ port: 0 }]))
  assert.match(running.url, /^http:/)
  assert.deepEqual([await asked(raw), await asked(plain), await said(running.url)], ['three', 'three', 'three'])
})

test('certificates are read again from the same files, and connections that are open stay', SOON, async (t) => {
  const [first, second] = [certificate(t, 'first.test'), certificate(t, 'second.test')]
  if (first === undefined || second === undefined) return
  const folder = makeFolder()
  const files = { cert: join(folder, 'a.pem'), key: join(folder, 'a.key') }
  const put = (from: typeof first): void => {
    cpSync(from.cert, files.cert)
    cpSync(from.key, files.key)
  }
  put(first)
  const running = await served(t, named('one', [{ port: 0, tls: [files] }]))
  const before = await secure(t, running.url)
  assert.deepEqual([before.shown, await asked(before.raw)], ['first.test', 'one'])
  put(second)
  await become(running, named('two', [{ port: 0, tls: [files] }]))
  const after = await secure(t, running.url)
  assert.deepEqual([after.shown, await asked(after.raw), await asked(before.raw)], ['second.test', 'two', 'two'])
  cpSync(first.cert, files.cert)
  await assert.rejects(running.prepare(named('three', [{ port: 0, tls: [files] }])), 'a key that is not its own')
  rmSync(files.cert)
  await assert.rejects(running.prepare(named('three', [{ port: 0, tls: [files] }])), /a\.pem/)
  assert.deepEqual([(await secure(t, running.url)).shown, await asked(before.raw)], ['second.test', 'two'])
})

test('a change that the end of the server overtakes is not made, and nothing stays open', SOON, async () => {
  const running = new Running()
  await become(running, named('one', [{ port: 0 }]))
  const ready = await running.prepare(named('two', [{ port: 0 }, { port: 0 }]))
  const preparing = running.prepare(named('three', [{ port: 0, host: 'localhost' }]))
  await running.close()
  await assert.rejects(preparing, /the server is stopping/)
  await assert.rejects(ready.make(), /the server is stopping/)
  for (const url of running.urls) await assert.rejects(fetch(url))
})
