import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { type ConnectionOptions, connect } from 'node:tls'
import { fc, runs } from '../../../test/support/property.ts'
import { type ClientHello, LONGEST_HELLO, readClientHello } from './client-hello.ts'

/** A vector with its length before it, in so many bytes. */
function vector(lengthSize: number, content: Uint8Array): Buffer {
  const length = Buffer.alloc(lengthSize)
  length.writeUIntBE(content.length, 0, lengthSize)
  return Buffer.concat([length, content])
}

function extension(type: number, data: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type >> 8, type & 255]), vector(2, data)])
}

function serverName(name: string, type: number = 0): Buffer {
  return extension(0, vector(2, Buffer.concat([Buffer.from([type]), vector(2, Buffer.from(name, 'latin1'))])))
}

function alpn(...protocols: readonly string[]): Buffer {
  return extension(16, vector(2, Buffer.concat(protocols.map((one) => vector(1, Buffer.from(one, 'latin1'))))))
}

/** Without extensions a hello may end before their length (RFC 5246 §7.4.1.2). */
function message(extensions: readonly Uint8Array[] | undefined): Buffer {
  const fixed = [Buffer.from([3, 3]), Buffer.alloc(32, 7), vector(1, Buffer.alloc(32, 8))]
  const suites = [vector(2, Buffer.from([0x13, 1, 0x13, 2])), vector(1, Buffer.from([0]))]
  const last = extensions === undefined ? [] : [vector(2, Buffer.concat(extensions))]
  const body = Buffer.concat([...fixed, ...suites, ...last])
  return Buffer.concat([Buffer.from([1]), vector(3, body)])
}

/** The message in records of these sizes, the last one with the rest. */
function records(content: Uint8Array, sizes: readonly number[] = []): Buffer {
  const found: Buffer[] = []
  let at = 0
  for (const size of [...sizes, content.length]) {
    if (at >= content.length) break
    found.push(Buffer.concat([Buffer.from([22, 3, 1]), vector(2, content.subarray(at, at + size))]))
    at += size
  }
  return Buffer.concat(found)
}

/** The first bytes of a real client. */
async function real(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', ...options })
  client.on('error', () => undefined)
  const [socket] = await once(server, 'connection')
  const [bytes] = await once(socket, 'data')
  client.destroy()
  socket.destroy()
  await once(server.close(), 'close')
  return bytes
}

for (const [what, options, expected] of [
  ['TLS 1.3', { servername: 'Site.Example', ALPNProtocols: ['acme-tls/1'] }, ['site.example', ['acme-tls/1']]],
  [
    'TLS 1.2',
    { servername: 'a.example', ALPNProtocols: ['h2', 'http/1.1'], maxVersion: 'TLSv1.2' },
    ['a.example', ['h2', 'http/1.1']],
  ],
  ['a client that names nobody', { ALPNProtocols: ['h2'] }, [undefined, ['h2']]],
  ['a client without ALPN', { servername: 'b.example' }, ['b.example', []]],
] as const) {
  test(`what a real client asks for is read: ${what}`, { timeout: 10_000 }, async () => {
    const given: ConnectionOptions = {
      ...options,
      ALPNProtocols: [...('ALPNProtocols' in options ? options.ALPNProtocols : [])],
    }
    const [serverName, protocols] = expected
    assert.deepEqual(readClientHello(await real(given)), { serverName, protocols })
  })
}

const hello = message([serverName('a.example'), alpn('h2')])

for (const [what, bytes, expected] of [
  ['nothing yet', Buffer.alloc(0), 'more'],
  ['a request of HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'other'],
  ['an alert', Buffer.from([21, 3, 1, 0, 2, 2, 40]), 'other'],
  ['a record of SSL 2', Buffer.from([0x80, 0x2e, 1, 3, 1]), 'other'],
  ['another version', Buffer.from([22, 2]), 'other'],
  ['an empty record', Buffer.from([22, 3, 1, 0, 0]), 'other'],
  ['a ServerHello', records(Buffer.from([2, 0, 0, 1, 0])), 'other'],
  ['a message that says it is very long', records(Buffer.from([1, 0xff, 0xff, 0xff, 0])), 'other'],
  ['a record that says it is very long', Buffer.from([22, 3, 1, 0xff, 0xff, 1, 0, 0, 200, 0]), 'other'],
  ['more records than anybody needs', records(hello, new Array(16).fill(1)), 'other'],
  ['no body at all', records(Buffer.from([1, 0, 0, 0])), 'other'],
  ['a session id that goes past the end', records(Buffer.from([1, 0, 0, 35, 3, 3, ...Buffer.alloc(32), 200])), 'other'],
  ['a name that goes past its list', records(message([extension(0, Buffer.from([0, 3, 0, 0, 9]))])), 'other'],
  ['no extensions field', records(message(undefined)), { serverName: undefined, protocols: [] }],
  ['no extensions', records(message([])), { serverName: undefined, protocols: [] }],
  ['a name that is no host name', records(message([serverName('x', 1)])), { serverName: undefined, protocols: [] }],
  [
    'data after it',
    Buffer.concat([records(hello), Buffer.from([23, 3, 3, 0, 1, 9])]),
    { serverName: 'a.example', protocols: ['h2'] },
  ],
  [
    'more of the same record',
    records(Buffer.concat([hello, Buffer.from([9, 9])])),
    { serverName: 'a.example', protocols: ['h2'] },
  ],
] as const satisfies readonly (readonly [string, Uint8Array, ClientHello | string])[]) {
  test(`a first flight is judged: ${what}`, () => assert.deepEqual(readClientHello(bytes), expected))
}

const name = fc.stringMatching(/^[a-z0-9.-]{1,60}$/)
const other = fc.record({ type: fc.integer({ min: 20, max: 60_000 }), data: fc.uint8Array({ maxLength: 300 }) })

test('whatever stands in a hello and however it is cut into records, it is read; before its end there is more', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 8 })
  fc.assert(
    fc.property(
      name,
      fc.array(name, { maxLength: 4 }),
      fc.array(other),
      sizes,
      fc.nat(),
      (host, offered, rest, cut, at) => {
        const others = rest.map(({ type, data }) => extension(type, data))
        const bytes = records(message([...others, serverName(host), alpn(...offered)]), cut)
        assert.deepEqual(readClientHello(bytes), { serverName: host, protocols: offered })
        assert.equal(readClientHello(bytes.subarray(0, at % bytes.length)), 'more')
      },
    ),
    runs(300),
  )
})

test('no bytes make it throw, and none are waited for without end', () => {
  const spoiled = fc.tuple(fc.nat(), fc.nat(255)).map(([at, byte]) => {
    const bytes = Buffer.from(records(hello))
    bytes[at % bytes.length] = byte
    return bytes
  })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), spoiled), (bytes) => {
      const found = readClientHello(bytes)
      assert.ok(typeof found === 'object' || found === 'more' || found === 'other')
    }),
    runs(2000),
  )
  const small = records(Buffer.concat([Buffer.from([1, 0, 0x3f, 0xff]), Buffer.alloc(0x3fff)]), new Array(5000).fill(1))
  assert.equal(readClientHello(small.subarray(0, LONGEST_HELLO + 5)), 'other')
})
