import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect as connectPlain, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { Challenges } from '../src/acme/challenges.ts'
import { peekAlpn } from '../src/acme/tls-alpn-01.ts'
import { type Certificate, type CertificateFiles, readCertificates } from '../src/io/certificate.ts'
import type { AutomaticTls } from '../src/io/listener.ts'
import { Response } from '../src/message/response.ts'
import { certificate } from './support/certificates.ts'
import { type EngineUnderTest, startEngine } from './support/engine.ts'
import { RawClient } from './support/raw-client.ts'

const SOON = { timeout: 20_000 }
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const ACME = 'acme-tls/1'

/** Automatic certificates of which one challenge is pending, for `asked.example`; counts who was looked at. */
class Pending implements AutomaticTls {
  readonly challenges: Challenges = new Challenges()
  readonly certificates: readonly Certificate[]
  peeked = 0

  constructor(own: readonly CertificateFiles[], { cert, key }: CertificateFiles) {
    this.certificates = readCertificates(own)
    const answer = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
    this.challenges.apply({ type: 'tls-alpn-01', name: 'asked.example', answer })
  }

  get pending(): boolean {
    return this.challenges.alpnPending
  }

  peek(socket: Socket, handshake: () => void, milliseconds: number): void {
    this.peeked++
    peekAlpn(this.challenges, socket, handshake, milliseconds)
  }
}

interface Started extends EngineUnderTest {
  readonly automatic: Pending
}

async function start(t: TestContext, head: number = 20_000): Promise<Started | undefined> {
  const own = certificate(t, 'own.example')
  const challenge = certificate(t, 'challenge.example')
  if (own === undefined || challenge === undefined) return undefined
  const automatic = new Pending([own], challenge)
  const under = await startEngine(t, {
    handler: () => new Response('secret'),
    automatic,
    timeouts: { head },
    listen: { port: 0, tls: 'acme' },
  })
  return Object.assign(under, { automatic })
}

async function secured(t: TestContext, port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  t.after(() => socket.destroy())
  await once(socket, 'secureConnect')
  return socket
}

function commonName(socket: TLSSocket): string {
  return String(socket.getPeerCertificate().subject.CN)
}

async function renew({ engine }: EngineUnderTest, files: readonly CertificateFiles[]): Promise<void> {
  await engine.renew(readCertificates(files))
}

/** Waits until no connection is open any more. */
async function empty({ engine }: EngineUnderTest): Promise<void> {
  while (engine.connections > 0) await new Promise((resolve) => setImmediate(resolve))
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`an authority gets the challenge certificate, and nothing else is said to it (${version})`, SOON, async (t) => {
    const under = await start(t)
    if (under === undefined) return
    const options = { servername: 'Asked.example', ALPNProtocols: [ACME], minVersion: version, maxVersion: version }
    const socket = await secured(t, under.port, options)
    assert.deepEqual([socket.alpnProtocol, commonName(socket)], [ACME, 'challenge.example'])
    socket.write(GET)
    const client = new RawClient(socket)
    await client.closed()
    assert.equal(client.text, '')
    await empty(under)
  })

  test(`everybody else gets the real certificate at the same time (${version})`, SOON, async (t) => {
    const under = await start(t)
    if (under === undefined) return
    const others: readonly ConnectionOptions[] = [
      { servername: 'asked.example' },
      { servername: 'asked.example', ALPNProtocols: ['http/1.1'] },
      { servername: 'asked.example', ALPNProtocols: [ACME, 'http/1.1'] },
      { servername: 'own.example' },
      {},
    ]
    for (const options of others) {
      const socket = await secured(t, under.port, { ...options, minVersion: version, maxVersion: version })
      assert.equal(commonName(socket), 'own.example')
      const client = new RawClient(socket)
      client.send(GET)
      assert.equal((await client.answer()).body, 'secret')
    }
    assert.equal(under.automatic.peeked, others.length)
  })
}

test('where nothing is pending no connection is looked at, and the challenge protocol is refused', SOON, async (t) => {
  const under = await start(t)
  if (under === undefined) return
  under.automatic.challenges.apply({ type: 'tls-alpn-01', name: 'asked.example' })
  assert.equal(commonName(await secured(t, under.port, {})), 'own.example')
  const options = { servername: 'asked.example', ALPNProtocols: [ACME] }
  await assert.rejects(secured(t, under.port, options), /no application protocol/)
  assert.equal(under.automatic.peeked, 0)
})

for (const [what, options] of [
  ['a name that is not pending', { servername: 'own.example', ALPNProtocols: [ACME] }],
  ['no name', { ALPNProtocols: [ACME] }],
] as const) {
  test(`an authority that asks for ${what} is refused`, SOON, async (t) => {
    const under = await start(t)
    if (under === undefined) return
    const given = { ...options, ALPNProtocols: [...options.ALPNProtocols] }
    await assert.rejects(secured(t, under.port, given), /no application protocol/)
    await empty(under)
  })
}

/** Lies between a TLS client and the server, and cuts what the client says into single bytes at first. */
async function slowed(t: TestContext, port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const plain = connectPlain({ port, host: '127.0.0.1', noDelay: true })
  await once(plain, 'connect')
  const write = plain.write.bind(plain)
  plain.write = ((data: Uint8Array, ...rest: unknown[]) => {
    for (const byte of data.subarray(0, -1)) write(Buffer.from([byte]))
    return (write as (...given: unknown[]) => boolean)(data.subarray(-1), ...rest)
  }) as typeof plain.write
  // A stream that is no socket of Node's own, so that TLS writes through it.
  const { Duplex } = await import('node:stream')
  const between = new Duplex({
    write: (data: Buffer, _, done) => void plain.write(data, () => done()),
    read: () => undefined,
    final: (done) => void plain.end(done),
  })
  plain.on('data', (data) => between.push(data))
  plain.on('end', () => between.push(null))
  const socket = connect({ socket: between, rejectUnauthorized: false, ...options })
  t.after(() => plain.destroy())
  await once(socket, 'secureConnect')
  return socket
}

test('a hello that comes byte by byte is understood', SOON, async (t) => {
  const under = await start(t)
  if (under === undefined) return
  const challenged = await slowed(t, under.port, { servername: 'asked.example', ALPNProtocols: [ACME] })
  assert.equal(commonName(challenged), 'challenge.example')
  const ordinary = await slowed(t, under.port, { servername: 'asked.example' })
  assert.equal(commonName(ordinary), 'own.example')
})

for (const [what, bytes, then] of [
  ['says nothing', '', 'waits'],
  ['says half a hello', '\x16\x03\x01\x02\x00\x01', 'waits'],
  ['ends within its hello', '\x16\x03\x01\x02\x00\x01', 'ends'],
  ['resets within its hello', '\x16\x03\x01\x02\x00\x01', 'resets'],
  ['speaks HTTP', GET, 'waits'],
  [
    'sends records without end',
    '\x16\x03\x01\x00\x01\x01'.repeat(1) + '\x16\x03\x01\x00\x01\x00'.repeat(4000),
    'waits',
  ],
] as const) {
  test(`a client that ${what} is closed, and costs nothing more`, SOON, async (t) => {
    const under = await start(t, then === 'waits' ? 100 : 20_000)
    if (under === undefined) return
    const client = await under.connect()
    client.send(bytes)
    while (under.automatic.peeked === 0) await new Promise((resolve) => setImmediate(resolve))
    if (then === 'ends') client.end()
    else if (then === 'resets') (client.socket as Socket).resetAndDestroy()
    await client.closed()
    await empty(under)
  })
}

test('an authority that does not end its side is closed all the same', SOON, async (t) => {
  const under = await start(t, 200)
  if (under === undefined) return
  const options = { servername: 'asked.example', ALPNProtocols: [ACME], allowHalfOpen: true }
  await secured(t, under.port, options)
  await empty(under)
})

test('new certificates are for new handshakes at once, and what is no good changes nothing', SOON, async (t) => {
  const under = await start(t)
  const next = certificate(t, 'next.example')
  if (under === undefined || next === undefined) return
  const before = new RawClient(await secured(t, under.port, {}))
  await renew(under, [next])
  for (const servername of [undefined, 'own.example', 'next.example']) {
    const socket = await secured(t, under.port, servername === undefined ? {} : { servername })
    assert.equal(commonName(socket), 'next.example')
  }
  const bad = { cert: 'nonsense', key: 'nonsense', from: { cert: 'a.pem', key: 'a.key' } }
  await assert.rejects(under.engine.renew([bad]), /^Error: a\.pem and a\.key are no certificate with its key/)
  assert.equal(commonName(await secured(t, under.port, {})), 'next.example')
  before.send(GET)
  assert.equal((await before.answer()).body, 'secret')
})

test('until there is a certificate the port is open, and handshakes fail', SOON, async (t) => {
  const own = certificate(t, 'own.example')
  if (own === undefined) return
  const automatic = new Pending([], own)
  const under = await startEngine(t, {
    handler: () => new Response('secret'),
    automatic,
    listen: { port: 0, tls: 'acme' },
  })
  for (const servername of [undefined, 'own.example']) {
    const options = servername === undefined ? {} : { servername }
    await assert.rejects(secured(t, under.port, options), /handshake failure/)
  }
  await renew(under, [own])
  assert.equal(commonName(await secured(t, under.port, {})), 'own.example')
})
