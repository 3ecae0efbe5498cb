import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { HpackDecoder } from '../../src/protocol/http2/hpack-decoder.ts'
import { encodeFields, encodeStatus } from '../../src/protocol/http2/hpack-encoder.ts'
import { STATIC_NAMES, STATIC_VALUES } from '../../src/protocol/http2/static-table.ts'

const TIMEOUT = { timeout: 20_000 }
const PREFACE = 24
const HEADERS = 1
const SETTINGS = 4
const CONTINUATION = 9
const END_STREAM = 1
const END_HEADERS = 4
const PRIORITY = 32

interface Peer {
  readonly client: ClientHttp2Session
  readonly decoder: HpackDecoder
  /** What each request said, in the order they came. */
  readonly requests: string[][]
  /** The first byte of each block. */
  readonly firsts: number[]
  /** The fields, status first, that the next answer says. */
  answer: readonly string[]
  /** Announces a table size, and waits until the client has taken it. */
  announce(...sizes: readonly number[]): Promise<void>
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** A client of node:http2, and just as many frames as it takes to talk to it with our field blocks. */
async function open(t: TestContext): Promise<Peer> {
  let socket: Socket | undefined
  const server = createServer((accepted) => {
    socket = accepted
    accepted.on('error', () => {})
    accepted.write(frame(SETTINGS, 0, 0, new Uint8Array()))
    let bytes = Buffer.alloc(0)
    let skipped = false
    let block = Buffer.alloc(0)
    accepted.on('data', (data: Buffer) => {
      bytes = Buffer.concat([bytes, data])
      if (!skipped && bytes.length >= PREFACE) {
        bytes = bytes.subarray(PREFACE)
        skipped = true
      }
      while (skipped && bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
        const [type, flags, stream] = [bytes.readUInt8(3), bytes.readUInt8(4), bytes.readUInt32BE(5)]
        const payload = bytes.subarray(9, 9 + bytes.readUIntBE(0, 3))
        bytes = bytes.subarray(9 + payload.length)
        if (type === HEADERS) block = payload.subarray((flags & PRIORITY) === 0 ? 0 : 5)
        else if (type === CONTINUATION) block = Buffer.concat([block, payload])
        else continue
        if ((flags & END_HEADERS) !== 0) request(accepted, stream, block)
      }
    })
  })
  const request = (accepted: Socket, stream: number, block: Buffer): void => {
    peer.firsts.push(block[0] ?? -1)
    peer.requests.push(peer.decoder.decode(block, { size: 1e6, fields: 1000 }) ?? [])
    const [status = '200', ...fields] = peer.answer
    const answer = Buffer.concat([encodeStatus(Number(status)), encodeFields(fields)])
    accepted.write(frame(HEADERS, END_HEADERS | END_STREAM, stream, answer))
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.after(() => {
    client.destroy()
    socket?.destroy()
    server.close()
  })
  const peer: Peer = {
    client,
    decoder: new HpackDecoder(4096),
    requests: [],
    firsts: [],
    answer: ['200'],
    async announce(...sizes) {
      for (const size of sizes) {
        const payload = Buffer.from([0, 1, 0, 0, 0, 0])
        payload.writeUInt32BE(size, 2)
        const taken = once(client, 'remoteSettings')
        socket?.write(frame(SETTINGS, 0, 0, payload))
        await taken
      }
    },
  }
  await once(client, 'remoteSettings')
  return peer
}

async function ask(peer: Peer, path: string, headers: Record<string, string | string[]>): Promise<IncomingHttpHeaders> {
  const stream = peer.client.request({ ':path': path, ...headers }, { endStream: true })
  const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders]
  stream.resume()
  await once(stream, 'close')
  return answer
}

/** The fields of a request but those that the client adds by itself. */
function sent(peer: Peer, number: number): string[] {
  const list = peer.requests[number] ?? []
  return list.flatMap((name, i) =>
    i % 2 === 0 && !/^:(?:method|scheme|authority)$/.test(name) ? [name, list[i + 1] ?? ''] : [],
  )
}

test('requests of node:http2 over one connection decode to what was asked', TIMEOUT, async (t) => {
  const peer = await open(t)
  for (let i = 0; i < 60; i++) {
    const fields = {
      'user-agent': 'a client that says the same each time',
      'x-new': `${'value '.repeat(i % 9)}${i}`,
      [`x-name-${i % 13}`]: 'é'.repeat(i % 5) || '~',
      authorization: `secret ${i}`,
      ...(i % 20 === 19 ? { 'x-large': '\\'.repeat(1000 * i) } : {}),
      accept: ['a/b', 'c/d'],
    }
    await ask(peer, `/${i % 4}`, fields)
    const expected = Object.entries(fields).flatMap(([name, value]) => [value].flat().flatMap((one) => [name, one]))
    assert.deepEqual(sent(peer, i), [':path', `/${i % 4}`, ...expected])
  }
})

test('the size updates of node:http2 are followed', TIMEOUT, async (t) => {
  const peer = await open(t)
  const fields = { 'x-a': 'one', 'x-b': 'two' }
  const list = [':path', '/', 'x-a', 'one', 'x-b', 'two']
  const first: number[] = []
  for (const sizes of [[], [64], [], [0], [], [128, 0, 4096], []]) {
    await peer.announce(...sizes)
    await ask(peer, '/', fields)
    await ask(peer, '/', fields)
    assert.deepEqual(sent(peer, peer.requests.length - 1), list)
    assert.deepEqual(sent(peer, peer.requests.length - 2), list)
    first.push(peer.firsts.at(-2) ?? -1)
  }
  const updates = first.map((byte) => byte >= 0x20 && byte < 0x40)
  assert.deepEqual(updates, [false, true, false, true, false, true, false], 'the client did send updates')
})

test('node:http2 reads what we write: the names and values of the static table, and every byte', TIMEOUT, async (t) => {
  const peer = await open(t)
  for (const [i, name] of STATIC_NAMES.entries()) {
    if (i === 0 || /^(?::.*|transfer-encoding|host|set-cookie)$/.test(name)) continue
    const value = STATIC_VALUES[i] || '0'
    peer.answer = ['599', name, value, 'x-other', name]
    const answer = await ask(peer, '/', {})
    assert.deepEqual([answer[':status'], answer[name], answer['x-other']], [599, value, name])
  }
  const visible = Array.from({ length: 223 }, (_, i) => String.fromCharCode(33 + i))
  const bytes = visible.filter((c) => c !== '\x7f').join('')
  for (const value of [bytes, '1024', 'Mon, 21 Oct 2013 20:13:21 GMT', 'text/html; charset=utf-8', '\xff'.repeat(99)]) {
    peer.answer = ['200', 'X-Value', value, 'Set-Cookie', 'a=b', 'set-cookie', value]
    const answer = await ask(peer, '/', {})
    assert.equal(answer['x-value'], value)
    assert.deepEqual(answer['set-cookie'], ['a=b', value])
  }
})
