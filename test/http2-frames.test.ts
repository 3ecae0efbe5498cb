import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Response } from '../src/message/response.ts'
import { encodeFields } from '../src/protocol/http2/hpack-encoder.ts'
import { type EngineSetup, type EngineUnderTest, startEngine } from './support/engine.ts'
import {
  data,
  END_HEADERS,
  END_STREAM,
  FrameClient,
  fields,
  frame,
  headers,
  PADDED,
  PREFACE,
  settings,
  u32,
} from './support/frame-client.ts'
import { gate } from './support/gate.ts'
import { RawClient } from './support/raw-client.ts'

const SOON = { timeout: 20_000 }

interface Opened extends EngineUnderTest {
  readonly client: FrameClient
}

async function opened(t: TestContext, setup: EngineSetup = {}, first?: Uint8Array): Promise<Opened> {
  const under = await startEngine(t, {
    handler: async (request) => new Response(`${request.method} ${request.path} ${await request.text()}`),
    ...setup,
    listen: { port: 0, http2: true },
  })
  const client = await FrameClient.open(under.port, first)
  t.after(() => client.destroy())
  return Object.assign(under, { client })
}

const POST = ['content-length', '4']

/** What a client sends, and the code that the connection ends with. */
const FAULTS: readonly (readonly [what: string, code: string, sent: readonly (string | Uint8Array)[]])[] = [
  ['DATA on no stream', 'PROTOCOL_ERROR', [frame('DATA', 0, 0, 'x')]],
  ['DATA on an idle stream', 'PROTOCOL_ERROR', [data(1, 'x')]],
  ['HEADERS on no stream', 'PROTOCOL_ERROR', [headers(0, fields())]],
  ['HEADERS on an even stream', 'PROTOCOL_ERROR', [headers(2, fields())]],
  ['a lower stream than before', 'PROTOCOL_ERROR', [headers(5, fields()), headers(3, fields())]],
  ['a stream that is ended, opened again', 'STREAM_CLOSED', [headers(1, fields('/now')), headers(1, fields())]],
  ['DATA after the end of a stream', 'STREAM_CLOSED', [headers(1, fields('/now')), data(1, 'x')]],
  [
    'padding as large as the frame',
    'PROTOCOL_ERROR',
    [headers(1, fields(), false), frame('DATA', PADDED, 1, '\x05abcd')],
  ],
  ['a padded frame of nothing', 'PROTOCOL_ERROR', [headers(1, fields(), false), frame('DATA', PADDED, 1, '')]],
  ['HEADERS padded beyond its end', 'PROTOCOL_ERROR', [frame('HEADERS', PADDED | END_HEADERS, 1, '\x09x')]],
  ['HEADERS too short for its priority', 'PROTOCOL_ERROR', [frame('HEADERS', 0x20 | END_HEADERS, 1, 'abcd')]],
  [
    'a block that is no HPACK',
    'COMPRESSION_ERROR',
    [frame('HEADERS', END_HEADERS | END_STREAM, 1, '\xff\xff\xff\xff\xff\xff')],
  ],
  ['an index beyond the tables', 'COMPRESSION_ERROR', [frame('HEADERS', END_HEADERS | END_STREAM, 1, '\xbe')]],
  ['CONTINUATION of nothing', 'PROTOCOL_ERROR', [frame('CONTINUATION', END_HEADERS, 1, '')]],
  ['CONTINUATION of another stream', 'PROTOCOL_ERROR', [frame('HEADERS', 0, 1, ''), frame('CONTINUATION', 0, 3, '')]],
  ['a frame within a field block', 'PROTOCOL_ERROR', [frame('HEADERS', 0, 1, ''), frame('PING', 0, 0, '12345678')]],
  ['an unknown frame within a field block', 'PROTOCOL_ERROR', [frame('HEADERS', 0, 1, ''), frame(99, 0, 1, 'x')]],
  ['RST_STREAM on no stream', 'PROTOCOL_ERROR', [frame('RST_STREAM', 0, 0, u32(8))]],
  ['RST_STREAM on an idle stream', 'PROTOCOL_ERROR', [frame('RST_STREAM', 0, 1, u32(8))]],
  ['RST_STREAM of three bytes', 'FRAME_SIZE_ERROR', [headers(1, fields(), false), frame('RST_STREAM', 0, 1, 'abc')]],
  ['SETTINGS on a stream', 'PROTOCOL_ERROR', [frame('SETTINGS', 0, 1)]],
  ['SETTINGS of seven bytes', 'FRAME_SIZE_ERROR', [frame('SETTINGS', 0, 0, 'abcdefg')]],
  ['an acknowledgement that says something', 'FRAME_SIZE_ERROR', [frame('SETTINGS', 1, 0, 'abcdef')]],
  ['ENABLE_PUSH of 2', 'PROTOCOL_ERROR', [settings([2, 2])]],
  ['INITIAL_WINDOW_SIZE of 2^31', 'FLOW_CONTROL_ERROR', [settings([4, 2 ** 31])]],
  ['MAX_FRAME_SIZE below 2^14', 'PROTOCOL_ERROR', [settings([5, 16383])]],
  ['MAX_FRAME_SIZE of 2^24', 'PROTOCOL_ERROR', [settings([5, 2 ** 24])]],
  ['PING on a stream', 'PROTOCOL_ERROR', [frame('PING', 0, 1, '12345678')]],
  ['PING of seven bytes', 'FRAME_SIZE_ERROR', [frame('PING', 0, 0, '1234567')]],
  ['PRIORITY on no stream', 'PROTOCOL_ERROR', [frame('PRIORITY', 0, 0, 'abcde')]],
  ['PRIORITY of four bytes', 'FRAME_SIZE_ERROR', [frame('PRIORITY', 0, 1, 'abcd')]],
  ['GOAWAY on a stream', 'PROTOCOL_ERROR', [frame('GOAWAY', 0, 1, '12345678')]],
  ['GOAWAY of seven bytes', 'FRAME_SIZE_ERROR', [frame('GOAWAY', 0, 0, '1234567')]],
  ['PUSH_PROMISE', 'PROTOCOL_ERROR', [headers(1, fields()), frame('PUSH_PROMISE', END_HEADERS, 1, u32(2))]],
  ['WINDOW_UPDATE of nothing on the connection', 'PROTOCOL_ERROR', [frame('WINDOW_UPDATE', 0, 0, u32(0))]],
  ['WINDOW_UPDATE on an idle stream', 'PROTOCOL_ERROR', [frame('WINDOW_UPDATE', 0, 1, u32(1))]],
  ['WINDOW_UPDATE of three bytes', 'FRAME_SIZE_ERROR', [frame('WINDOW_UPDATE', 0, 0, 'abc')]],
  [
    'a window of the connection of more than 2^31',
    'FLOW_CONTROL_ERROR',
    [frame('WINDOW_UPDATE', 0, 0, u32(2 ** 31 - 1))],
  ],
  ['a frame of more than 16384 bytes', 'FRAME_SIZE_ERROR', [headers(1, fields(), false), data(1, 'x'.repeat(16385))]],
]

for (const [what, code, sent] of FAULTS) {
  test(`${what} ends the connection with ${code}`, SOON, async (t) => {
    const { client } = await opened(t, { handler: ({ path }) => new Response(path) })
    client.send(...sent)
    assert.equal(await client.ended(), code)
    assert.ok((client.goaways.at(-1)?.why ?? '') !== '')
  })
}

test('a window grows too large by a setting as well', SOON, async (t) => {
  const wait = gate<Response>()
  const { client } = await opened(t, { handler: () => wait.passed })
  client.send(headers(1, fields()), frame('WINDOW_UPDATE', 0, 1, u32(2 ** 30)), settings([4, 2 ** 31 - 1]))
  assert.equal(await client.ended(), 'FLOW_CONTROL_ERROR')
})

/** Faults of one stream: the code of its reset. Another stream is answered all the same. */
const STREAM_FAULTS: readonly (readonly [what: string, code: string, sent: readonly Uint8Array[]])[] = [
  ['no pseudo-field', 'PROTOCOL_ERROR', [headers(1, ['a', 'b'])]],
  ['no :method', 'PROTOCOL_ERROR', [headers(1, [':scheme', 'http', ':path', '/', ':authority', 'a'])]],
  ['no :scheme', 'PROTOCOL_ERROR', [headers(1, [':method', 'GET', ':path', '/', ':authority', 'a'])]],
  ['no :path', 'PROTOCOL_ERROR', [headers(1, [':method', 'GET', ':scheme', 'http', ':authority', 'a'])]],
  ['an empty :path', 'PROTOCOL_ERROR', [headers(1, fields(''))]],
  [':path with a space', 'PROTOCOL_ERROR', [headers(1, fields('/a b'))]],
  [':path with a fragment', 'PROTOCOL_ERROR', [headers(1, fields('/a#b'))]],
  [':path that is a URL', 'PROTOCOL_ERROR', [headers(1, fields('http://a/'))]],
  ['* for GET', 'PROTOCOL_ERROR', [headers(1, fields('*'))]],
  [':method with a space', 'PROTOCOL_ERROR', [headers(1, fields('/', 'GET /'))]],
  [
    ':scheme that is none of ours',
    'PROTOCOL_ERROR',
    [headers(1, [':method', 'GET', ':scheme', 'ftp', ':path', '/', ':authority', 'a'])],
  ],
  [':method twice', 'PROTOCOL_ERROR', [headers(1, [':method', 'GET', ...fields()])]],
  ['a pseudo-field behind a field', 'PROTOCOL_ERROR', [headers(1, ['a', 'b', ...fields()])]],
  ['an unknown pseudo-field', 'PROTOCOL_ERROR', [headers(1, [':protocol', 'websocket', ...fields()])]],
  ['a pseudo-field of answers', 'PROTOCOL_ERROR', [headers(1, [':status', '200', ...fields()])]],
  ['CONNECT with a path', 'PROTOCOL_ERROR', [headers(1, fields('/', 'CONNECT'))]],
  ['connection', 'PROTOCOL_ERROR', [headers(1, fields('/', 'GET', 'connection', 'close'))]],
  ['keep-alive', 'PROTOCOL_ERROR', [headers(1, fields('/', 'GET', 'keep-alive', '1'))]],
  ['transfer-encoding', 'PROTOCOL_ERROR', [headers(1, fields('/', 'POST', 'transfer-encoding', 'chunked'), false)]],
  ['upgrade', 'PROTOCOL_ERROR', [headers(1, fields('/', 'GET', 'upgrade', 'h2c'))]],
  ['te other than trailers', 'PROTOCOL_ERROR', [headers(1, fields('/', 'GET', 'te', 'gzip'))]],
  ['a value with LF', 'PROTOCOL_ERROR', [headers(1, fields('/', 'GET', 'a', 'b\nc: d'))]],
  ['a value with CR', 'PROTOCOL_ERROR', [headers(1, fields('/', 'GET', 'a', 'b\rc'))]],
  ['a value with NUL', 'PROTOCOL_ERROR', [headers(1, fields('/', 'GET', 'a', 'b\0c'))]],
  ['a value with a blank before', 'PROTOCOL_ERROR', [headers(1, fields('/', 'GET', 'a', ' b'))]],
  ['a value with a blank behind', 'PROTOCOL_ERROR', [headers(1, fields('/', 'GET', 'a', 'b\t'))]],
  ['a name with a blank', 'PROTOCOL_ERROR', [headers(1, fields('/', 'GET', 'a b', 'c'))]],
  ['a name with a colon', 'PROTOCOL_ERROR', [headers(1, fields('/', 'GET', 'a:b', 'c'))]],
  ['an empty name', 'PROTOCOL_ERROR', [headers(1, fields('/', 'GET', '', 'c'))]],
  ['a name in upper case', 'PROTOCOL_ERROR', [upperCase(1)]],
  ['Host that is not :authority', 'PROTOCOL_ERROR', [headers(1, fields('/', 'GET', 'host', 'b'))]],
  ['Host twice', 'PROTOCOL_ERROR', [headers(1, fields('/', 'GET', 'host', 'a', 'host', 'a'))]],
  ['Content-Length twice', 'PROTOCOL_ERROR', [headers(1, fields('/', 'POST', ...POST, ...POST), false)]],
  [
    'Content-Length that is no number',
    'PROTOCOL_ERROR',
    [headers(1, fields('/', 'POST', 'content-length', '+4'), false)],
  ],
  ['Content-Length without a body', 'PROTOCOL_ERROR', [headers(1, fields('/', 'POST', ...POST))]],
  [
    'a body that is too short',
    'PROTOCOL_ERROR',
    [headers(1, fields('/', 'POST', ...POST), false), data(1, 'abc', true)],
  ],
  ['a body that is too long', 'PROTOCOL_ERROR', [headers(1, fields('/', 'POST', ...POST), false), data(1, 'abcde')]],
  [
    'trailers that end nothing',
    'PROTOCOL_ERROR',
    [headers(1, fields('/', 'POST'), false), headers(1, ['a', 'b'], false)],
  ],
  [
    'a pseudo-field in trailers',
    'PROTOCOL_ERROR',
    [headers(1, fields('/', 'POST'), false), headers(1, [':path', '/'])],
  ],
  [
    'WINDOW_UPDATE of nothing',
    'PROTOCOL_ERROR',
    [headers(1, fields('/', 'POST'), false), frame('WINDOW_UPDATE', 0, 1, u32(0))],
  ],
  [
    'a window of more than 2^31',
    'FLOW_CONTROL_ERROR',
    [headers(1, fields('/', 'POST'), false), frame('WINDOW_UPDATE', 0, 1, u32(2 ** 31 - 1))],
  ],
  ['DATA behind the end of a request', 'STREAM_CLOSED', [headers(1, fields('/wait')), data(1, 'x')]],
  ['trailers behind the end of a request', 'STREAM_CLOSED', [headers(1, fields('/wait')), headers(1, ['a', 'b'])]],
]

/** A block that our encoder would not write: it makes names lower. */
function upperCase(stream: number): Buffer {
  const block = Buffer.concat([encodeFields(fields()), Buffer.from('\x00\x01A\x01b', 'latin1')])
  return frame('HEADERS', END_HEADERS | END_STREAM, stream, block)
}

for (const [what, code, sent] of STREAM_FAULTS) {
  test(`${what} resets the stream with ${code}, and no other`, SOON, async (t) => {
    const wait = gate<Response>()
    const under = await opened(t, {
      handler: async (request) => {
        if (request.path === '/wait') return wait.passed
        return new Response(await request.text())
      },
    })
    const { client } = under
    client.send(...sent, headers(3, fields('/other')))
    assert.equal((await client.answer(1)).ending, code)
    assert.equal((await client.answer(1)).status, 0)
    assert.equal((await client.answer(3)).status, 200)
    wait.open(new Response('late'))
    const records = await under.logged(2)
    assert.deepEqual(records.map(({ aborted }) => aborted).sort(), [false, true])
  })
}

test('a connection that does not begin with the preface speaks HTTP/1 where both are spoken', SOON, async (t) => {
  const { port } = await opened(t)
  for (const start of ['GET', 'PRI * HTTP/1.1\r\nHost: a\r\n\r\nGET', 'PUT']) {
    const client = await RawClient.open({ port, host: '127.0.0.1' })
    for (const piece of start.match(/.{1,3}/gs) ?? []) client.send(piece)
    client.send(' / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n')
    assert.match((await client.answer()).body, /./)
    client.destroy()
  }
})

test('a place that speaks HTTP/2 only since a reload does so', SOON, async (t) => {
  const { engine } = await startEngine(t, { handler: () => new Response('x') })
  const listener = await engine.listen({ port: 0 })
  const before = await FrameClient.open(Number(new URL(listener.url).port))
  t.after(() => before.destroy())
  assert.equal(await before.ended(), 'none')
  const change = await listener.prepare({ port: 0, http2: true })
  change()
  const after = await FrameClient.open(Number(new URL(listener.url).port))
  t.after(() => after.destroy())
  after.send(headers(1, fields()))
  assert.equal((await after.answer(1)).body, 'x')
})

test('the preface may come byte by byte, and must be whole', SOON, async (t) => {
  const { port, client } = await opened(t)
  client.send(headers(1, fields('/first')))
  assert.equal((await client.answer(1)).body, 'GET /first ')
  const raw = await RawClient.open({ port, host: '127.0.0.1' })
  t.after(() => raw.destroy())
  const bytes = Buffer.concat([Buffer.from(PREFACE), settings(), headers(1, fields('/slow'))])
  for (const byte of bytes) raw.send(Buffer.from([byte]))
  await raw.until((text) => text.includes('GET /slow'))
})

test('a connection whose first frame is no SETTINGS is ended', SOON, async (t) => {
  for (const first of [frame('PING', 0, 0, '12345678'), frame('SETTINGS', 1, 0), headers(1, fields())]) {
    const { client } = await opened(t, {}, first)
    assert.equal(await client.ended(), 'PROTOCOL_ERROR')
  }
})

test('frames that are not known, and bits that are reserved, are passed over', SOON, async (t) => {
  const { client } = await opened(t, {}, settings([0x99, 5], [3, 7], [6, 1]))
  const reserved = headers(0x80000001, fields('/a'))
  client.send(
    frame(0x10, 255, 0, 'priority update'),
    frame(200, 1, 77, 'x'),
    frame('GOAWAY', 0, 0, 'x'.repeat(8)),
    reserved,
  )
  assert.equal((await client.answer(1)).body, 'GET /a ')
  client.send(frame('PRIORITY', 0, 99, 'abcde'), frame('PING', 0, 0, '12345678'))
  await client.settled()
  assert.deepEqual(client.goaways, [])
})

test('the first thing that a client is told are the settings', SOON, async (t) => {
  const { client } = await opened(t, { limits: { streams: 7, head: 5000 } })
  await client.settled()
  const [first] = client.frames
  assert.equal(first?.type, 'SETTINGS')
  const told = new Map<number, number>()
  for (let i = 0; i < (first?.payload.length ?? 0); i += 6) {
    told.set(first?.payload.readUInt16BE(i) ?? 0, first?.payload.readUInt32BE(i + 2) ?? 0)
  }
  assert.deepEqual([...told].sort(), [
    [3, 7],
    [4, 65536],
    [6, 5000],
    [9, 1],
  ])
  assert.equal(client.frames.filter(({ type, flags }) => type === 'SETTINGS' && flags === 1).length, 1)
})

test('a client that makes its table of fields smaller is told that we keep to it', SOON, async (t) => {
  const { client } = await opened(t, {}, settings([1, 100]))
  client.send(headers(1, fields('/a')), headers(3, fields('/b')))
  assert.equal((await client.answer(3)).body, 'GET /b ')
  const blocks = client.of('HEADERS').map(({ payload }) => payload[0])
  assert.equal(blocks[0], 0x20)
  assert.notEqual(blocks[1], 0x20)
})

test('fields come in any number of frames, padded or with a priority', SOON, async (t) => {
  const { client } = await opened(t, { handler: ({ headers: h }) => new Response(String(h.get('long')?.length)) })
  const block = encodeFields(fields('/', 'GET', 'long', '§'.repeat(9000)))
  client.send(frame('HEADERS', END_STREAM, 1, ''))
  for (let i = 0; i < block.length; i += 3000) client.send(frame('CONTINUATION', 0, 1, block.subarray(i, i + 3000)))
  client.send(frame('CONTINUATION', END_HEADERS, 1, ''))
  assert.equal((await client.answer(1)).body, '9000')
  const small = encodeFields(fields('/', 'GET', 'long', 'abc'))
  const padded = Buffer.concat([Buffer.from([4]), Buffer.from('abcde'), small, Buffer.alloc(4)])
  client.send(frame('HEADERS', END_STREAM | END_HEADERS | PADDED | 0x20, 3, padded))
  assert.equal((await client.answer(3)).body, '3')
})

test('large fields of an answer go out in as many frames as they need', SOON, async (t) => {
  const long = 'x'.repeat(40_000)
  const { client } = await opened(t, { handler: () => new Response('body', { headers: { A: long, B: '§' } }) })
  client.send(headers(1, fields()))
  const { headers: got, body } = await client.answer(1)
  assert.deepEqual([got.get('a'), got.get('b'), body], [long, '§', 'body'])
  assert.ok(client.of('CONTINUATION', 1).length >= 1)
})
