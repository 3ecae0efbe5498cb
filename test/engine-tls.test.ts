import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import type { CertificateFiles } from '../src/io/certificate.ts'
import { Response } from '../src/message/response.ts'
import { certificate } from './support/certificates.ts'
import { type EngineSetup, type EngineUnderTest, startEngine } from './support/engine.ts'
import { makeFolder } from './support/folder.ts'
import { settled } from './support/memory-socket.ts'
import { needPeer } from './support/peers.ts'
import { RawClient } from './support/raw-client.ts'

const SOON = { timeout: 20_000 }
const run = promisify(execFile)
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

function start(
  t: TestContext,
  tls: readonly CertificateFiles[],
  setup: EngineSetup = {},
  http2: boolean = true,
): Promise<EngineUnderTest> {
  return startEngine(t, { handler: () => new Response('secret'), ...setup, listen: { port: 0, tls, http2 } })
}

async function secured(t: TestContext, port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  t.after(() => socket.destroy())
  await once(socket, 'secureConnect')
  return socket
}

/** The name in the certificate that a client gets which asks for a name. */
async function shown(t: TestContext, port: number, servername?: string): Promise<string> {
  const socket = await secured(t, port, servername === undefined ? {} : { servername })
  const { CN } = socket.getPeerCertificate().subject
  socket.destroy()
  return String(CN)
}

test(
  'requests over TLS are answered, pipelined and kept alive, and the resource is told the facts',
  SOON,
  async (t) => {
    const files = certificate(t, 'one.example')
    if (files === undefined) return
    const { engine, port } = await start(t, [files], {
      handler: (request, { secure, tls }) =>
        new Response([request.url, secure, tls?.protocol, tls?.serverName, tls?.peerCertificate].join(' ')),
    })
    assert.equal(engine.urls[0], `https://127.0.0.1:${port}`)
    const client = new RawClient(await secured(t, port, { servername: 'one.example', maxVersion: 'TLSv1.2' }))
    client.send(GET + GET)
    for (let i = 0; i < 2; i++) assert.equal((await client.answer()).body, 'https://a/ true TLSv1.2 one.example ')
    client.send(GET)
    assert.equal((await client.answer()).status, 200)
  },
)

test('a body of megabytes goes both ways over TLS', SOON, async (t) => {
  const files = certificate(t, 'one.example')
  if (files === undefined) return
  const { port } = await start(t, [files], { handler: (request) => new Response(request.body), bodyLimit: 1e9 })
  const client = new RawClient(await secured(t, port))
  const size = 2 * 1024 * 1024
  client.send(`POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`)
  for (let sent = 0; sent < size; sent += 65536) client.send(Buffer.alloc(65536, 'x'))
  const { body } = await client.answer()
  assert.ok(body.length === size && !/[^x]/.test(body))
  assert.equal(await client.closed(), 'end')
})

test(
  'each name gets its certificate, whose names are its own by default; the first answers the others',
  SOON,
  async (t) => {
    const first = certificate(t, 'one.example', 'two.example')
    const wild = certificate(t, 'wild.example', '*.wild.example')
    const named = certificate(t, 'named.example')
    if (first === undefined || wild === undefined || named === undefined) return
    const { port } = await start(t, [first, wild, { ...named, names: ['Other.example', '*.other.example'] }])
    const cases: readonly (readonly [string | undefined, string])[] = [
      ['one.example', 'one.example'],
      ['two.example', 'one.example'],
      ['TWO.example', 'one.example'],
      ['wild.example', 'wild.example'],
      ['a.wild.example', 'wild.example'],
      ['a.b.wild.example', 'one.example'],
      ['other.example', 'named.example'],
      ['x.other.example', 'named.example'],
      ['named.example', 'one.example'],
      ['unknown.example', 'one.example'],
      [undefined, 'one.example'],
    ]
    for (const [name, expected] of cases) assert.equal(await shown(t, port, name), expected, name)
  },
)

test('the version of HTTP is agreed on, from TLS 1.2 on', SOON, async (t) => {
  const files = certificate(t, 'one.example')
  if (files === undefined) return
  const { port } = await start(t, [files])
  const old = await start(t, [files], {}, false)
  assert.equal((await secured(t, port, { ALPNProtocols: ['http/1.1', 'h2'] })).alpnProtocol, 'h2')
  assert.equal((await secured(t, port, { ALPNProtocols: ['http/1.1'] })).alpnProtocol, 'http/1.1')
  assert.equal((await secured(t, old.port, { ALPNProtocols: ['h2', 'http/1.1'] })).alpnProtocol, 'http/1.1')
  assert.equal((await secured(t, port, {})).getProtocol(), 'TLSv1.3')
  await assert.rejects(secured(t, port, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }))
})

test('what is wrong with certificate or key is said, with the file that is wrong', SOON, async (t) => {
  const one = certificate(t, 'one.example')
  const two = certificate(t, 'two.example')
  if (one === undefined || two === undefined) return
  const folder = makeFolder({ 'none.pem': 'nothing' })
  const none = join(folder, 'none.pem')
  const missing = join(folder, 'missing.pem')
  const cases: readonly (readonly [readonly CertificateFiles[], readonly string[]])[] = [
    [[{ cert: one.cert, key: two.key }], [one.cert, two.key, 'no certificate with its key']],
    [
      [one, { cert: two.cert, key: one.key }],
      [two.cert, one.key, 'no certificate with its key'],
    ],
    [[{ cert: none, key: one.key }], [none, 'no certificate with its key']],
    [[{ cert: one.cert, key: none }], [none, 'no certificate with its key']],
    [[{ cert: missing, key: one.key }], ['the certificate', missing, 'cannot be read']],
    [[{ cert: one.cert, key: missing }], ['the key', missing, 'cannot be read']],
    [[], ['at least one certificate']],
  ]
  for (const [tls, words] of cases) {
    await assert.rejects(start(t, tls), (error: Error) => {
      for (const word of words) assert.ok(error.message.includes(word), `${error.message} has no ${word}`)
      return true
    })
  }
})

test(
  'a client that does not speak TLS, or stops within the handshake, is cut off and counts no more',
  SOON,
  async (t) => {
    const files = certificate(t, 'one.example')
    if (files === undefined) return
    const { engine, port, records } = await start(t, [files], { timeouts: { head: 100 } })
    const plain = await RawClient.open({ port, host: '127.0.0.1' })
    plain.send(GET)
    await plain.closed()
    assert.ok(!plain.text.includes('HTTP/'))
    const silent = await RawClient.open({ port, host: '127.0.0.1' })
    silent.send('\x16\x03\x01')
    await silent.closed()
    plain.destroy()
    silent.destroy()
    while (engine.connections > 0) await new Promise(setImmediate)
    assert.deepEqual(records, [])
  },
)

test('a client that ended its side over TLS is still answered', SOON, async (t) => {
  const files = certificate(t, 'one.example')
  if (files === undefined) return
  const { port } = await start(t, [files], {
    handler: async () => {
      await settled(20)
      return new Response('secret')
    },
  })
  const socket = await secured(t, port)
  socket.allowHalfOpen = true
  const client = new RawClient(socket)
  client.send(GET + GET)
  client.end()
  for (let i = 0; i < 2; i++) assert.equal((await client.answer()).body, 'secret')
  assert.equal(await client.closed(), 'end')
})

test('a TLS connection is closed with the server, idle or not', SOON, async (t) => {
  const files = certificate(t, 'one.example')
  if (files === undefined) return
  const { engine, port } = await start(t, [files])
  const client = new RawClient(await secured(t, port))
  client.send(GET)
  await client.answer()
  await engine.close()
  assert.equal(engine.connections, 0)
  await client.closed()
})

test('a handshake that is under way when the server begins to stop does not hold it up', SOON, async (t) => {
  const files = certificate(t, 'one.example')
  if (files === undefined) return
  const { engine, port } = await start(t, [files], { timeouts: { stop: 1e9 } })
  // In TLS 1.3 the client is ready before the server has read that.
  const socket = await secured(t, port, { minVersion: 'TLSv1.3' })
  const client = new RawClient(socket)
  await engine.close()
  await client.closed()
})

test('curl takes the certificate when told to trust it, and finds the right one by name', SOON, async (t) => {
  const curl = needPeer(t, 'curl')
  if (curl === undefined) return
  const one = certificate(t, 'one.example')
  const two = certificate(t, 'two.example')
  if (one === undefined || two === undefined) return
  const { port } = await start(t, [one, two], { handler: ({ authority }) => new Response(authority) })
  const folder = makeFolder()
  const trusted = join(folder, 'trusted.pem')
  writeFileSync(trusted, readFileSync(one.cert, 'utf8') + readFileSync(two.cert, 'utf8'))
  for (const name of ['one.example', 'two.example']) {
    const options = ['-sS', '--fail', '--noproxy', '*', '--cacert', trusted, '--resolve', `${name}:${port}:127.0.0.1`]
    const got: { stdout: string } = await run(curl, [...options, `https://${name}:${port}/`])
    assert.equal(got.stdout, `${name}:${port}`)
  }
})
