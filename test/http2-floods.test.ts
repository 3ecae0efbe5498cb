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
  settings,
  u32,
} from './support/frame-client.ts'
import { collectGarbage } from './support/garbage.ts'
import { gate } from './support/gate.ts'

const SOON = { timeout: 20_000 }

interface Opened extends EngineUnderTest {
  readonly client: FrameClient
}

async function opened(t: TestContext, setup: EngineSetup, first?: Uint8Array): Promise<Opened> {
  // Before the engine, which would wait for what is under way.
  t.after(() => client?.destroy())
  let client: FrameClient | undefined
  const under = await startEngine(t, { ...setup, listen: { port: 0, http2: true } })
  client = await FrameClient.open(under.port, first)
  return Object.assign(under, { client })
}

function times(count: number, make: (i: number) => Uint8Array): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, i) => make(i)))
}

const LIMITS = { controlFrames: 10, resets: 5, streams: 100 }
const never = gate<Response>().passed

/** What a client may not do without end, the limit that ends it, and the CVE that made it known. */
const FLOODS: readonly (readonly [what: string, limit: string, sent: Buffer])[] = [
  ['PING (CVE-2019-9512)', 'limits.controlFrames', times(200, () => frame('PING', 0, 0, '12345678'))],
  ['SETTINGS (CVE-2019-9515)', 'limits.controlFrames', times(200, () => settings())],
  ['acknowledged SETTINGS', 'limits.controlFrames', times(200, () => frame('SETTINGS', 1, 0))],
  ['PRIORITY (CVE-2019-9513)', 'limits.controlFrames', times(200, (i) => frame('PRIORITY', 0, 2 * i + 1, 'abcde'))],
  ['unknown frames', 'limits.controlFrames', times(200, () => frame(0x77, 0, 0))],
  ['WINDOW_UPDATE', 'limits.controlFrames', times(400, () => frame('WINDOW_UPDATE', 0, 0, u32(1)))],
  [
    'empty DATA (CVE-2019-9518)',
    'limits.controlFrames',
    Buffer.concat([headers(1, fields('/never', 'POST'), false), times(200, () => data(1, ''))]),
  ],
  [
    'fields on a stream that we have reset',
    'limits.controlFrames',
    Buffer.concat([headers(1, ['a', 'b'], false), times(200, () => headers(1, fields()))]),
  ],
  [
    'empty DATA on a stream that we have reset',
    'limits.controlFrames',
    Buffer.concat([headers(1, ['a', 'b'], false), times(200, () => data(1, ''))]),
  ],
  [
    'rapid reset (CVE-2023-44487)',
    'limits.resets',
    times(200, (i) => Buffer.concat([headers(2 * i + 1, fields('/never')), frame('RST_STREAM', 0, 2 * i + 1, u32(8))])),
  ],
  [
    'requests that make us reset (CVE-2025-8671)',
    'limits.resets',
    times(200, (i) =>
      Buffer.concat([headers(2 * i + 1, fields('/never')), frame('WINDOW_UPDATE', 0, 2 * i + 1, u32(0))]),
    ),
  ],
  ['malformed requests', 'limits.resets', times(200, (i) => headers(2 * i + 1, ['a', 'b']))],
  ['streams above the limit', 'limits.resets', times(300, (i) => headers(2 * i + 1, fields('/never')))],
  [
    'CONTINUATION without end (CVE-2024-27316)',
    'limits.head',
    Buffer.concat([frame('HEADERS', END_STREAM, 1, ''), times(100, () => frame('CONTINUATION', 0, 1, ''))]),
  ],
  [
    'a large block without end',
    'limits.head',
    Buffer.concat([
      frame('HEADERS', END_STREAM, 1, ''),
      times(10, () => frame('CONTINUATION', 0, 1, encodeFields(['a', '§'.repeat(10_000)]))),
    ]),
  ],
]

for (const [what, limit, sent] of FLOODS) {
  test(`a flood of ${what} ends the connection, and is reported`, SOON, async (t) => {
    const under = await opened(t, {
      handler: ({ path }) => (path === '/never' ? never : new Response('x')),
      limits: LIMITS,
    })
    under.client.send(sent)
    assert.equal(await under.client.ended(), 'ENHANCE_YOUR_CALM')
    const { level, fields: told } = await under.reported('was ended')
    assert.deepEqual([level, told?.['limit']], ['info', limit])
  })
}

test('a block of fields of no length is 431 by their number (CVE-2019-9516)', SOON, async (t) => {
  const { client } = await opened(t, { handler: () => new Response('x') })
  const block = Buffer.concat([encodeFields(fields()), Buffer.from('\x00\x00\x00'.repeat(3000), 'latin1')])
  client.send(frame('HEADERS', END_HEADERS | END_STREAM, 1, block), headers(3, fields()))
  assert.equal((await client.answer(1)).status, 431)
  assert.equal((await client.answer(3)).status, 200)
})

test('a small block that says megabytes is 431, and the table stays right (an HPACK bomb)', SOON, async (t) => {
  const { client } = await opened(t, { handler: ({ headers: h }) => new Response(String(h.get('a')?.length)) })
  // One large field that the table keeps, and then a byte for each time that it is said again.
  const large = Buffer.concat([Buffer.from('\x40\x01a\x7f\xa1\x1e', 'latin1'), Buffer.alloc(4000, 'x')])
  const plain = encodeFields(fields())
  client.send(frame('HEADERS', END_HEADERS | END_STREAM, 1, Buffer.concat([plain, large, Buffer.alloc(8000, 0xbe)])))
  client.send(frame('HEADERS', END_HEADERS | END_STREAM, 3, Buffer.concat([plain, Buffer.from([0xbe])])))
  assert.equal((await client.answer(1)).status, 431)
  assert.equal((await client.answer(3)).body, '4000')
})

test('streams that are reset count until their resource is done', SOON, async (t) => {
  const wait = gate<Response>()
  const { client } = await opened(t, {
    handler: ({ path }) => (path === '/' ? wait.passed : new Response('x')),
    limits: { streams: 3 },
  })
  for (let i = 0; i < 3; i++) client.send(headers(2 * i + 1, fields()), frame('RST_STREAM', 0, 2 * i + 1, u32(8)))
  client.send(headers(7, fields('/more')))
  assert.equal((await client.answer(7)).ending, 'REFUSED_STREAM')
  wait.open(new Response())
  await client.settled()
  client.send(headers(9, fields('/more')))
  assert.equal((await client.answer(9)).body, 'x')
})

test(
  'what waits for a window is let go with its stream, be the window of the connection shut for good',
  SOON,
  async (t) => {
    const answers: WeakRef<Uint8Array>[] = []
    const { client } = await opened(t, {
      handler: () => {
        const content = new Uint8Array(100_000)
        answers.push(new WeakRef(content))
        return new Response(content)
      },
    })
    client.polite = false
    client.send(headers(1, fields()))
    await client.until(() => client.answers.get(1)?.body.length === 65_535)
    for (let id = 3; id < 203; id += 2) client.send(headers(id, fields()), frame('RST_STREAM', 0, id, u32(8)))
    await client.settled()
    await collectGarbage()
    const held = answers.filter((one) => one.deref() !== undefined).length
    assert.equal(answers.length, 101)
    // The first waits for its window; the engine may have the last in hand.
    assert.ok(held <= 3, `${held} answers are held`)
  },
)

test('a client that was asked to end and does not say that it knows is not answered without end', SOON, async (t) => {
  const { client } = await opened(t, {
    handler: ({ path }) => (path === '/never' ? never : new Response('x')),
    limits: { requestsPerConnection: 2 },
    timeouts: { linger: 60 },
  })
  client.polite = false
  client.send(frame('SETTINGS', 1, 0), headers(1, fields('/never')), headers(3, fields()))
  await client.until(() => client.goaways.length === 2)
  assert.deepEqual(
    client.goaways.map(({ last }) => last),
    [2 ** 31 - 1, 3],
  )
  client.send(headers(5, fields()))
  await client.settled()
  assert.equal(client.answers.get(5), undefined)
})

test('a client that gives back what it takes may update its windows without end', SOON, async (t) => {
  const { client } = await opened(t, {
    handler: () => new Response('x'.repeat(16384 * 300)),
    limits: { controlFrames: 1 },
  })
  client.send(headers(1, fields()))
  assert.equal((await client.answer(1)).body.length, 16384 * 300)
})

test('a client that asks and does not read is not answered without end (CVE-2019-9517)', SOON, async (t) => {
  let answered = 0
  const under = await opened(
    t,
    {
      handler: () => {
        answered++
        return new Response(null, { headers: { A: '§'.repeat(5000) } })
      },
    },
    settings([4, 1e9]),
  )
  const { client } = under
  client.send(frame('WINDOW_UPDATE', 0, 0, u32(2 ** 30)))
  await client.settled()
  client.socket.pause()
  for (let i = 0; i < 20_000; i++) client.socket.write(headers(2 * i + 1, fields()))
  // The rest is in the system's buffers, and then waits at the client.
  let before = -1
  while (answered !== before) {
    before = answered
    for (let i = 0; i < 200; i++) await new Promise(setImmediate)
  }
  assert.ok(answered < 5000, `${answered} answers were made for a client that reads none`)
  client.socket.resume()
  await client.answer(39_999)
  assert.equal(answered, 20_000)
})

for (const [what, first, timeouts, code, words] of [
  ['that is idle', [], { idle: 80 }, 'NO_ERROR', ''],
  [
    'that never acknowledges our settings',
    [headers(1, fields('/never'))],
    { head: 80 },
    'SETTINGS_TIMEOUT',
    'timeouts.head',
  ],
  ['that never ends its fields', [frame('HEADERS', 0, 1, '')], { head: 80 }, 'ENHANCE_YOUR_CALM', 'timeouts.head'],
] as const) {
  test(`a connection ${what} is ended in time`, SOON, async (t) => {
    const under = await opened(t, { handler: ({ path }) => (path === '/never' ? never : new Response('x')), timeouts })
    under.client.polite = code !== 'SETTINGS_TIMEOUT'
    if (code === 'NO_ERROR') {
      under.client.send(headers(1, fields('/')))
      await under.client.answer(1)
    } else {
      if (under.client.polite) await under.client.settled()
      under.client.send(...first)
    }
    assert.equal(await under.client.ended(), code)
    if (words !== '') await under.reported(words)
  })
}

test('a connection on which nothing is said is closed in time', SOON, async (t) => {
  const { port } = await opened(t, { handler: () => new Response('x'), timeouts: { head: 80 } })
  const { connect } = await import('node:net')
  for (const said of ['', 'PRI * HTTP']) {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.write(said)
    socket.resume()
    await new Promise((resolve) => socket.once('close', resolve))
  }
})

test('a stream whose window stays shut is reset, and its source let go (CVE-2019-9511)', SOON, async (t) => {
  const released = gate()
  const under = await opened(
    t,
    {
      handler: () =>
        new Response({
          async *[Symbol.asyncIterator]() {
            try {
              for (;;) yield Buffer.alloc(1000)
            } finally {
              released.open()
            }
          },
        }),
      timeouts: { head: 80, write: 200 },
    },
    settings([4, 1]),
  )
  const { client } = under
  client.polite = false
  client.send(frame('SETTINGS', 1, 0), headers(1, fields()))
  assert.equal((await client.answer(1)).ending, 'CANCEL')
  await released.passed
  await under.reported('timeouts.write')
  assert.equal((await under.logged(1))[0]?.aborted, true)
})

test('a body that comes too slowly is 408', SOON, async (t) => {
  const { client } = await opened(t, {
    handler: async (request) => new Response(await request.text()),
    timeouts: { body: 100 },
  })
  client.send(headers(1, fields('/', 'POST'), false), data(1, 'x'))
  assert.equal((await client.answer(1)).status, 408)
})
