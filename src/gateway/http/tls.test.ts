import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { type AddressInfo, createServer as createPlain } from 'node:net'
import { afterEach, type TestContext, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { certificate } from '../../../test/support/certificates.ts'
import { callUpstream, noUpstreamLeft } from '../../../test/support/http-call.ts'
import { type HttpUpstreamOptions, httpUpstream } from './upstream.ts'

const LIMIT = { timeout: 20_000 }

afterEach(noUpstreamLeft)

interface Secure {
  readonly port: number
  readonly ca: string
  /** What each connection asked for, and whether its session was taken up again. */
  readonly seen: { name: string | false | null; resumed: boolean }[]
}

async function start(t: TestContext, ...names: string[]): Promise<Secure | undefined> {
  const files = certificate(t, ...names)
  if (files === undefined) return undefined
  const ca = readFileSync(files.cert, 'utf8')
  const seen: Secure['seen'] = []
  const server = createServer({ cert: ca, key: readFileSync(files.key) }, (_, answer) => answer.end('secret'))
  server.on('secureConnection', (socket: TLSSocket) => {
    seen.push({ name: socket.servername ?? null, resumed: socket.isSessionReused() })
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => new Promise((resolve) => server.close(resolve)))
  return { port: (server.address() as AddressInfo).port, ca, seen }
}

async function ask(t: TestContext, options: HttpUpstreamOptions): Promise<string> {
  const upstream = httpUpstream(options)
  t.after(() => upstream.close())
  const outcome = await callUpstream(upstream.open).outcome
  return outcome.replaceAll(options.address, 'A')
}

test('an upstream proves who it is: by its host, or by the name that is given', LIMIT, async (t) => {
  const secure = await start(t, '127.0.0.1', 'a.example')
  if (secure === undefined) return
  const { port, ca, seen } = secure
  const address = `https://127.0.0.1:${port}`
  assert.equal(await ask(t, { address, tls: { ca } }), '200 secret')
  assert.equal(await ask(t, { address, tls: { ca, serverName: 'a.example' } }), '200 secret')
  assert.equal(await ask(t, { address, tls: { verify: false } }), '200 secret')
  const help = 'give the authority that signed it (tls.ca), or the name that it is made out to (tls.serverName)'
  assert.equal(
    await ask(t, { address, tls: { ca, serverName: 'b.example' } }),
    `502 A: its certificate is not accepted (ERR_TLS_CERT_ALTNAME_INVALID); ${help}`,
  )
  assert.equal(
    await ask(t, { address }),
    `502 A: its certificate is not accepted (DEPTH_ZERO_SELF_SIGNED_CERT); ${help}`,
  )
  assert.deepEqual(seen[1]?.name, 'a.example')
  assert.ok(!seen[0]?.name, 'an address is no server name')
})

test('a name that is not proved the first time is not the second time either', LIMIT, async (t) => {
  const secure = await start(t, 'a.example')
  if (secure === undefined) return
  const upstream = httpUpstream({
    address: `https://127.0.0.1:${secure.port}`,
    tls: { ca: secure.ca, serverName: 'b.example' },
  })
  t.after(() => upstream.close())
  for (let i = 0; i < 3; i++) assert.match(await callUpstream(upstream.open).outcome, /^502 .*ALTNAME_INVALID/)
})

test('a session is taken up again by a later connection', LIMIT, async (t) => {
  const secure = await start(t, '127.0.0.1')
  if (secure === undefined) return
  const address = `https://127.0.0.1:${secure.port}`
  const upstream = httpUpstream({ address, tls: { ca: secure.ca }, keepAlive: 0 })
  t.after(() => upstream.close())
  for (let i = 0; i < 3; i++) assert.equal(await callUpstream(upstream.open).outcome, '200 secret')
  assert.deepEqual(secure.seen.map(({ resumed }) => resumed).slice(0, 1), [false])
  assert.equal(secure.seen.at(-1)?.resumed, true)
})

test('one that speaks no TLS, and one that says nothing', LIMIT, async (t) => {
  const server = createPlain((socket) => {
    socket.on('error', () => {}).resume()
    socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')
  }).listen(0, '127.0.0.1')
  const silent = createPlain((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1')
  await Promise.all([once(server, 'listening'), once(silent, 'listening')])
  t.after(() => Promise.all([server, silent].map((one) => new Promise((resolve) => one.close(resolve)))))
  const at = (one: typeof server): string => `https://127.0.0.1:${(one.address() as AddressInfo).port}`
  assert.match(await ask(t, { address: at(server) }), /^502 A: no TLS came about \(.*\); does it speak HTTPS there\?$/)
  assert.match(await ask(t, { address: at(silent), connectTimeout: 300 }), /^504 A: no connection in time/)
})
