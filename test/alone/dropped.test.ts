import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { descriptorLimit } from '../../src/io/descriptors.ts'
import { certificate } from '../support/certificates.ts'
import { descriptorsOf, FaultSite, LINUX, memoryOf, until } from '../support/fault-site.ts'
import { PREFACE, settings } from '../support/frame-client.ts'
import { OWN_RESPONSE } from '../support/load.ts'
import { RawClient } from '../support/raw-client.ts'

const WAVE = 500
/** Where one connection that went is still counted of twenty, the last look at the limit shows it. */
const LIMIT = WAVE
const MIB = 1024 ** 2

const BEFORE = `
  import { setFlagsFromString } from 'node:v8'
  import { runInNewContext } from 'node:vm'
  ${OWN_RESPONSE}
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc')
  /** What is left when nobody asks for anything. */
  function collect() {
    gc()
    return Response.json(process.memoryUsage())
  }
  async function slow(request) {
    for await (const _ of request.body) await new Promise((resolve) => setTimeout(resolve, 5))
    return new Response('read')
  }`
const CONFIG = `
  limits: { connections: ${LIMIT} },
  timeouts: { head: 2000, body: 2000, idle: 2000 },
  routes: [
    { match: '/collect', resource: collect },
    { match: '/slow', resource: { POST: slow } },
    { match: '/large', resource: () => new Response('x'.repeat(300000)) },
    { match: '/*', resource: () => new Response('hello') },
  ],`

const reset = (socket: Socket): unknown => socket.resetAndDestroy()
const destroy = (socket: Socket): unknown => socket.destroy()
/** Ends our side only, and reads on until the server ends its own. */
const end = (socket: Socket): unknown => socket.end()

/** What clients say before they go, and how they go. */
const WAYS: readonly (readonly [said: string | Uint8Array, go: (socket: Socket) => unknown])[] = [
  ['', destroy],
  ['', reset],
  ['', end],
  ['GET / HTTP/1.1\r\nHo', destroy],
  ['GET / HTTP/1.1\r\nHo', reset],
  ['GET / HTTP/1.1\r\nHo', end],
  ['GET /large HTTP/1.1\r\nHost: a\r\n\r\n', reset],
  ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', end],
  ['POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf', reset],
  ['POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha', destroy],
  ['POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf', end],
  ['nonsense\r\n\r\n', destroy],
  [PREFACE, destroy],
  [PREFACE.slice(0, 10), reset],
  [Buffer.concat([Buffer.from(PREFACE), settings()]), end],
]

/** What begins as a handshake, and is none. */
const HELLO = Buffer.from('16030100c8010000c40303', 'hex')

/** Clients that come and go on the port of TLS. */
const TLS_WAYS: readonly ((port: number) => Socket)[] = [
  (port) => gone(port, '', destroy),
  (port) => gone(port, HELLO, destroy),
  (port) => gone(port, HELLO, reset),
  (port) => gone(port, HELLO, end),
  (port) => gone(port, 'GET / HTTP/1.1\r\n\r\n', end),
  (port) => shaken(port, destroy),
  (port) => shaken(port, (socket) => socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n', () => socket.destroy())),
]

/** A client that says something and goes. */
function gone(port: number, said: string | Uint8Array, go: (socket: Socket) => unknown): Socket {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => undefined).resume()
  // Who does not end it at once ends it when the server does.
  socket.on('end', () => socket.end())
  socket.once('connect', () => (said === '' ? go(socket) : socket.write(said, () => go(socket))))
  return socket
}

/** A client that goes in the middle of the handshake: the server has answered and waits for it; or right behind it. */
function shaken(port: number, go: (socket: Socket) => unknown): Socket {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
  socket.on('error', () => undefined).resume()
  return socket.once('secureConnect', () => go(socket))
}

function wave(count: number, open: (i: number) => Socket): Promise<unknown> {
  return Promise.all(Array.from({ length: count }, (_, i) => new Promise((resolve) => open(i).once('close', resolve))))
}

/** Bytes that cannot be given back. */
async function left(t: TestContext, site: FaultSite): Promise<number> {
  const client = await RawClient.open({ port: site.port, host: '127.0.0.1' })
  t.after(() => client.destroy())
  client.send('GET /collect HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  const { heapUsed, arrayBuffers } = JSON.parse((await client.answer()).body)
  return heapUsed + arrayBuffers
}

for (const [name, secure, waves] of [
  ['plain', false, 15],
  ['TLS', true, 5],
] as const) {
  test(
    `after ${waves * WAVE} connections that were opened and dropped nothing is left of them, with ${name}`,
    LINUX,
    async (t) => {
      const files = certificate(t, 'localhost')
      if (files === undefined) return
      if ((descriptorLimit() ?? Number.POSITIVE_INFINITY) < 2 * WAVE) {
        t.skip(`this process may not open ${2 * WAVE} sockets`)
        return
      }
      const tls = `tls: [{ cert: '${files.cert}', key: '${files.key}' }]`
      const site = await FaultSite.start(t, { before: BEFORE, config: CONFIG, listen: ['http2: true', tls] })
      const [plain = 0, port = 0] = site.ports
      const go = (): Promise<unknown> =>
        wave(WAVE, (i) => {
          if (secure) return (TLS_WAYS[i % TLS_WAYS.length] as (port: number) => Socket)(port)
          const [said, way] = WAYS[i % WAYS.length] as (typeof WAYS)[number]
          return gone(plain, said, way)
        })
      // What runs for the first time takes memory once, and the collector finds its measure.
      const first = Math.ceil(waves / 3)
      for (let i = 0; i < first; i++) await go()
      await until(() =>
        site.said('/').then(
          (said) => said === '200 hello',
          () => false,
        ),
      )
      const before = { descriptors: descriptorsOf(site.pid), kept: await left(t, site), memory: memoryOf(site.pid) }
      for (let i = first; i < waves; i++) await go()
      await until(() => descriptorsOf(site.pid) <= before.descriptors)
      // What is compiled and closed meanwhile goes at a later collection; what leaks never does.
      await until(async () => (await left(t, site)) - before.kept < 2 * MIB)
      const held = memoryOf(site.pid) - before.memory
      assert.ok(held < 64 * MIB, `${held / MIB} MiB are held`)
      const clients: RawClient[] = []
      t.after(() => {
        for (const client of clients) client.destroy()
      })
      // Every place is free again, but for some that are not noticed to be.
      for (let i = 0; i < LIMIT - 20; i++) clients.push(await RawClient.open({ port: plain, host: '127.0.0.1' }))
      for (const client of clients) client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      const answers = await Promise.all(clients.map((client) => client.answer()))
      assert.ok(answers.every(({ body }) => body === 'hello'))
      site.oriel.signal('SIGTERM')
      const { code, stderr } = await site.oriel.ended
      assert.equal(code, 0)
      assert.doesNotMatch(stderr, /Uncaught|node:internal/)
    },
  )
}
