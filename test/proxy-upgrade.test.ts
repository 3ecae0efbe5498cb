import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import type { ProxyOptions } from '../src/resource/proxy/options.ts'
import { fieldOfAnswer } from './support/answers.ts'
import { certificate } from './support/certificates.ts'
import { startEngine } from './support/engine.ts'
import { gate } from './support/gate.ts'
import { RawClient } from './support/raw-client.ts'
import { startRawUpstream, startUpstream } from './support/upstream.ts'

const SOON = { timeout: 30_000 }
const MEGABYTE = 1024 * 1024
const ASKED =
  'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n'
const SWITCHED =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n'

/** A server that switches each connection, and hands it over behind its own head. */
async function switching(
  t: TestContext,
  then: (socket: Socket, head: string) => void,
  more: Partial<ProxyOptions> = {},
) {
  const heads: string[] = []
  const upstream = await startRawUpstream(t, (socket) => {
    let text = ''
    const read = (bytes: Buffer): void => {
      text += bytes.toString('latin1')
      if (!text.includes('\r\n\r\n')) return
      socket.off('data', read)
      const end = text.indexOf('\r\n\r\n') + 4
      heads.push(text.slice(0, end))
      then(socket, text.slice(end))
    }
    socket.on('data', read)
  })
  const under = await startEngine(t, { routes: [{ match: '/*', proxy: { address: upstream.url, ...more } }] })
  return { under, upstream, heads }
}

function echo(socket: Socket, early: string): void {
  socket.write(`${SWITCHED}hello ${early}`)
  socket.pipe(socket)
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}

test('a connection is switched, with the bytes behind both heads', SOON, async (t) => {
  const { under, heads } = await switching(t, echo)
  const client = await under.connect()
  client.send(`${ASKED}early `)
  const answer = await client.answer()
  assert.equal(answer.status, 101)
  assert.equal(fieldOfAnswer(answer, 'upgrade'), 'websocket')
  assert.equal(fieldOfAnswer(answer, 'connection'), 'Upgrade')
  assert.equal(fieldOfAnswer(answer, 'sec-websocket-accept'), 'x')
  await client.until(() => client.rest === 'hello early ')
  client.send('late')
  await client.until(() => client.rest === 'hello early late')
  assert.match(heads[0] ?? '', /\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n/)
  assert.match(heads[0] ?? '', /Sec-WebSocket-Key: k\r\n/)
  const [record] = await under.logged(1)
  assert.equal(record?.status, 101)
})

test('a back end that does not switch answers as it does', SOON, async (t) => {
  const upstream = await startUpstream(t, (req, res) => {
    const status = Number(req.url?.slice(1))
    res.writeHead(status, status === 426 ? { Upgrade: 'websocket', Connection: 'Upgrade' } : {})
    res.end('no')
  })
  // Without a listener for `upgrade` node:http answers as if nobody had asked.
  const under = await startEngine(t, { routes: [{ match: '/*', proxy: upstream.url }] })
  const client = await under.connect()
  for (const status of [426, 200, 403]) {
    client.send(ASKED.replace('/chat', `/${status}`))
    const answer = await client.answer()
    assert.equal(`${answer.status} ${answer.body}`, `${status} no`)
    assert.equal(fieldOfAnswer(answer, 'upgrade'), status === 426 ? 'websocket' : undefined)
  }
})

/** What clients ask for, what the route allows, and what the back end is asked for. */
const ASKS: readonly (readonly [upgrade: string, allowed: ProxyOptions['upgrade'], asked: string | undefined])[] = [
  ['websocket', undefined, 'websocket'],
  ['WebSocket', undefined, 'WebSocket'],
  ['websocket', false, undefined],
  ['h2c', undefined, undefined],
  ['h2c', true, undefined],
  ['h2c, websocket', true, 'websocket'],
  ['HTTP/2.0, TLS/1.3', true, undefined],
  ['tcp', undefined, undefined],
  ['tcp', ['TCP'], 'tcp'],
  ['SPDY/3.1', ['spdy'], 'SPDY/3.1'],
  ['anything', true, 'anything'],
]

for (const [upgrade, allowed, asked] of ASKS) {
  test(`${upgrade} where ${JSON.stringify(allowed)} is allowed asks for ${asked}`, SOON, async (t) => {
    const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
    const more = allowed === undefined ? {} : { upgrade: allowed }
    const { under, heads } = await switching(t, (socket) => socket.write(answer), more)
    const client = await under.connect()
    const settings = 'HTTP2-Settings: AAMAAABkAAQAAP__'
    client.send(
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${upgrade}\r\n${settings}\r\n\r\n`,
    )
    assert.equal((await client.answer()).status, 200)
    assert.equal(/\r\nUpgrade: (.*)\r\n/.exec(heads[0] ?? '')?.[1], asked)
    assert.doesNotMatch(heads[0] ?? '', /settings/i)
  })
}

test('nobody is switched who has a content, or did not name Upgrade in Connection', SOON, async (t) => {
  const said = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
  const { under, heads } = await switching(t, (socket) => socket.write(said), { keepAlive: 0 })
  const client = await under.connect()
  client.send('POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n\r\nx')
  assert.equal((await client.answer()).status, 200)
  client.send('GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n')
  assert.equal((await client.answer()).status, 200)
  assert.doesNotMatch(heads.join(''), /upgrade/i)
})

test('an end of one side is passed on as that, and the other side goes on', SOON, async (t) => {
  const { under, upstream } = await switching(t, (socket) => {
    socket.write(SWITCHED)
    let got = ''
    socket.on('data', (bytes: Buffer) => {
      got += bytes.toString('latin1')
    })
    socket.on('end', () => socket.end(`got ${got}`))
  })
  const client = await under.connect()
  client.send(ASKED)
  await client.answer()
  client.send('all of it')
  client.end()
  await client.until(() => client.rest === 'got all of it')
  assert.equal(await client.closed(), 'end')
  await until(() => upstream.sockets.size === 0)
})

test('a back end that ends its side still hears the client', SOON, async (t) => {
  const heard = gate<string>()
  const { under } = await switching(t, (socket) => {
    socket.end(SWITCHED)
    let got = ''
    socket.on('data', (bytes: Buffer) => {
      got += bytes.toString('latin1')
    })
    socket.on('end', () => heard.open(got))
  })
  const client = await under.connect()
  client.send(ASKED)
  await client.answer()
  assert.equal(await client.closed(), 'end')
  client.send('still here')
  client.end()
  assert.equal(await heard.passed, 'still here')
})

test('a reset of one side ends the other', SOON, async (t) => {
  const { under, upstream } = await switching(t, echo)
  const client = await under.connect()
  client.send(ASKED)
  await client.answer()
  client.socket.resetAndDestroy()
  await until(() => upstream.sockets.size === 0)

  const other = await under.connect()
  other.send(ASKED)
  await other.answer()
  for (const socket of upstream.sockets) socket.resetAndDestroy()
  await other.closed()
})

test('a client that went before the switch leaves no connection behind', SOON, async (t) => {
  const came = gate<Socket>()
  const { under, upstream } = await switching(t, (socket) => {
    socket.on('end', () => socket.end()).resume()
    came.open(socket)
  })
  const client = await under.connect()
  client.send(ASKED)
  const socket = await came.passed
  client.socket.resetAndDestroy()
  // At the same time, or nearly so.
  socket.write(SWITCHED)
  await until(() => upstream.sockets.size === 0)
})

test(
  'an end of the client before the switch is passed on too, so that nothing waits for it for an hour',
  SOON,
  async (t) => {
    const seen = gate()
    const { under, upstream } = await switching(t, (socket) => {
      socket.on('end', () => socket.end('bye'))
      void seen.passed.then(() => socket.write(SWITCHED))
    })
    const client = await under.connect()
    client.send(ASKED)
    client.end()
    // The front door asks who has ended its side whether it is still there: it has seen the end.
    await client.until((text) => text.includes('100 Continue'))
    seen.open()
    assert.equal(await client.closed(), 'end')
    assert.ok(client.text.endsWith(`\r\n\r\nbye`), client.text)
    await until(() => upstream.sockets.size === 0)
  },
)

test('a connection that is silent for long is closed', SOON, async (t) => {
  const { under, upstream } = await switching(t, echo, { timeouts: { upgraded: 200 } })
  const client = await under.connect()
  client.send(ASKED)
  await client.answer()
  await client.closed()
  await until(() => upstream.sockets.size === 0)
})

test('whoever does not read holds the other up', SOON, async (t) => {
  let written = 0
  const { under } = await switching(t, (socket) => {
    socket.write(SWITCHED)
    const piece = Buffer.alloc(65536)
    const write = (): void => {
      while (written < 500 * MEGABYTE) {
        written += piece.byteLength
        if (!socket.write(piece)) return void socket.once('drain', write)
      }
    }
    write()
  })
  const client = await under.connect()
  client.send(ASKED)
  await client.answer()
  client.socket.pause()
  for (let before = -1; before !== written; ) {
    before = written
    await new Promise((resolve) => setTimeout(resolve, 400))
  }
  assert.ok(written < 100 * MEGABYTE, `${written} bytes were written`)
})

test('a hundred megabytes go to and fro', SOON, async (t) => {
  const { under } = await switching(t, echo)
  const socket = connect({ port: under.port, host: '127.0.0.1' })
  socket.write(ASKED)
  const [first] = await once(socket, 'data')
  assert.match(String(first), /^HTTP\/1\.1 101 /)
  const sent = createHash('sha1')
  const came = createHash('sha1')
  let bytes = Number(first.byteLength) - (String(first).indexOf('\r\n\r\n') + 4) - 'hello '.length
  const all = gate()
  let skip = bytes < 0 ? -bytes : 0
  socket.on('data', (piece: Buffer) => {
    const fresh = piece.subarray(skip)
    skip -= Math.min(skip, piece.byteLength)
    came.update(fresh)
    bytes += piece.byteLength
    if (bytes === 100 * MEGABYTE) all.open()
  })
  for (let i = 0; i < 1600; i++) {
    const piece = Buffer.alloc(65536, `piece ${i} `)
    sent.update(piece)
    if (!socket.write(piece)) await once(socket, 'drain')
  }
  await all.passed
  socket.destroy()
  assert.equal(came.digest('hex'), sent.digest('hex'))
})

test('sixty-four at once, half of them over TLS, all end', SOON, async (t) => {
  const files = certificate(t, 'localhost')
  if (files === undefined) return
  const upstream = await startRawUpstream(t, (socket) => {
    socket.once('data', () => echo(socket, ''))
  })
  const routes = [{ match: '/*', proxy: upstream.url }]
  const plain = await startEngine(t, { routes })
  const secure = await startEngine(t, { routes, listen: { port: 0, tls: [files], http2: false } })
  const clients = await Promise.all(
    Array.from({ length: 64 }, async (_, i) => {
      if (i % 2 === 0) return plain.connect()
      const socket = connectTls({ port: secure.port, host: '127.0.0.1', rejectUnauthorized: false })
      await once(socket, 'secureConnect')
      return new RawClient(socket)
    }),
  )
  for (const client of clients) client.send(ASKED)
  for (const [i, client] of clients.entries()) {
    assert.equal((await client.answer()).status, 101)
    client.send(`message ${i}`)
  }
  for (const [i, client] of clients.entries()) await client.until(() => client.rest === `hello message ${i}`)
  assert.equal(upstream.sockets.size, 64)
  for (const client of clients) client.end()
  for (const client of clients) await client.closed()
  await until(() => upstream.sockets.size === 0)
  for (const client of clients) client.destroy()
})
