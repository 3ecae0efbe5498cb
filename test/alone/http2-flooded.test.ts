import assert from 'node:assert/strict'
import { connect as connectHttp2 } from 'node:http2'
import { type TestContext, test } from 'node:test'
import { encodeFields } from '../../src/protocol/http2/hpack-encoder.ts'
import { descriptorsOf, FaultSite, LINUX, memoryOf, until } from '../support/fault-site.ts'
import { END_HEADERS, END_STREAM, FrameClient, fields, frame, headers, settings, u32 } from '../support/frame-client.ts'
import { Load, TELLING } from '../support/load.ts'

const MIB = 1024 ** 2

const BEFORE = `
  ${TELLING}
  const block = Buffer.alloc(16384, 'x')
  async function* endless() {
    for (;;) yield block
  }
  const never = () => new Promise(() => {})`
const CONFIG = `
  timeouts: { head: 2000 },
  routes: [
    { match: '/never', resource: never },
    { match: '/endless', resource: () => new Response(endless()) },
    { match: '/*', resource: telling },
  ],`

async function served(t: TestContext): Promise<FaultSite> {
  return FaultSite.start(t, { before: BEFORE, config: CONFIG })
}

async function connected(t: TestContext, site: FaultSite, first?: Uint8Array): Promise<FrameClient> {
  const client = await FrameClient.open(site.port, first)
  t.after(() => client.destroy())
  return client
}

function times(count: number, make: (i: number) => Uint8Array): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, i) => make(i)))
}

const stream = (i: number): number => 2 * i + 1
const CANCEL = u32(8)
const BEGUN = Buffer.concat([frame('HEADERS', END_STREAM, 1, encodeFields(fields()))])

/** What comes again and again without end, on connections of its own. Made by how often it came before. */
const FLOODS: readonly (readonly [what: string, first: Uint8Array, again: (i: number) => Uint8Array])[] = [
  [
    'rapid resets (CVE-2023-44487)',
    Buffer.alloc(0),
    (i) => Buffer.concat([headers(stream(i), fields('/never')), frame('RST_STREAM', 0, stream(i), CANCEL)]),
  ],
  ['CONTINUATION without fields', BEGUN, () => frame('CONTINUATION', 0, 1, '')],
  [
    'a list of fields without end',
    BEGUN,
    (i) => frame('CONTINUATION', 0, 1, encodeFields([`x-${i}`, 'y'.repeat(100)])),
  ],
  ['one field without end', BEGUN, () => frame('CONTINUATION', 0, 1, Buffer.alloc(8192, 0x7f))],
  ['SETTINGS', Buffer.alloc(0), () => settings([4, 65535])],
  ['PING', Buffer.alloc(0), () => frame('PING', 0, 0, '12345678')],
]

for (const [what, first, again] of FLOODS) {
  test(`beside connections that flood it with ${what} the others are served`, LINUX, async (t) => {
    const site = await served(t)
    const load = new Load(site.port).http2(2, 4).keepAlive(4)
    t.after(() => load.stop())
    await load.more(1000)
    const before = memoryOf(site.pid)
    const codes: string[] = []
    const flood = async (): Promise<void> => {
      const client = await connected(t, site)
      client.polite = false
      client.socket.write(first)
      for (let i = 0; !client.closed && i < 200_000; i += 100) {
        const taken = client.socket.write(times(100, (k) => again(i + k)))
        if (!taken) await Promise.race([new Promise((resolve) => client.socket.once('drain', resolve)), client.ended()])
      }
      codes.push(await client.ended())
    }
    for (let round = 0; round < 3; round++) await Promise.all([flood(), flood()])
    // A client that goes on writing may lose the last word to a reset of the connection (RFC 9113 §5.4.1).
    for (const code of codes) assert.match(code, /^(?:ENHANCE_YOUR_CALM|COMPRESSION_ERROR|none)$/)
    assert.equal(codes.length, 6)
    await load.more(1000)
    await load.stop()
    assert.deepEqual(load.failures.slice(0, 5), [])
    assert.ok(memoryOf(site.pid) - before < 100 * MIB, `${(memoryOf(site.pid) - before) / MIB} MiB more`)
  })
}

test('many thousands of resets, at a rate that is allowed, cost the others nothing', LINUX, async (t) => {
  const site = await FaultSite.start(t, {
    before: BEFORE,
    config: `limits: { resets: 10000, controlFrames: 10000 }, ${CONFIG}`,
  })
  const load = new Load(site.port).http2(2, 4)
  t.after(() => load.stop())
  await load.more(1000)
  const before = memoryOf(site.pid)
  const client = await connected(t, site)
  for (let i = 0; i < 20_000; i += 50) {
    // It takes and lets go: what is reset answers at once.
    client.send(times(50, (k) => Buffer.concat([headers(stream(i + k), fields()), reset(stream(i + k))])))
    await client.settled()
    client.frames.length = 0
    client.answers.clear()
  }
  client.send(headers(stream(20_000), fields()))
  assert.equal((await client.answer(stream(20_000))).status, 200)
  await load.more(100)
  await load.stop()
  assert.deepEqual(load.failures, [])
  assert.ok(memoryOf(site.pid) - before < 100 * MIB, `${(memoryOf(site.pid) - before) / MIB} MiB more`)
})

function reset(id: number): Buffer {
  return frame('RST_STREAM', 0, id, CANCEL)
}

test('a stream that is read slowly delays none beside it, and costs no memory', LINUX, async (t) => {
  const site = await served(t)
  const session = connectHttp2(site.url(''), { settings: { initialWindowSize: MIB } })
  t.after(() => session.destroy())
  // The connection's window is large: only the streams' own hold them back.
  session.on('connect', () => session.setLocalWindowSize(200 * MIB))
  const slow = Array.from({ length: 50 }, () => session.request({ ':path': '/endless' }))
  for (const one of slow) one.on('error', () => undefined).pause()
  await Promise.all(slow.map((one) => new Promise((resolve) => one.once('response', resolve))))
  const before = memoryOf(site.pid)
  for (let round = 0; round < 100; round++) {
    const answers = Array.from({ length: 20 }, async () => {
      const fast = session.request({ ':path': '/' })
      let size = 0
      fast.on('data', (piece: Buffer) => {
        size += piece.length
      })
      await new Promise((resolve, reject) => fast.once('end', resolve).once('error', reject))
      return size
    })
    assert.deepEqual(new Set(await Promise.all(answers)), new Set([4096]))
    // A little is taken from each, so that the server has reason to go on.
    for (const one of slow) one.read(1000)
  }
  assert.ok(memoryOf(site.pid) - before < 100 * MIB, `${(memoryOf(site.pid) - before) / MIB} MiB more`)
})

test('1,000 connections that send the preface alone are let go, and others are served meanwhile', LINUX, async (t) => {
  const site = await served(t)
  const load = new Load(site.port).http2(1, 4).keepAlive(2)
  t.after(() => load.stop())
  await load.more(500)
  const before = { descriptors: descriptorsOf(site.pid), memory: memoryOf(site.pid) }
  const clients = await Promise.all(
    Array.from({ length: 1000 }, async () => {
      const client = await connected(t, site, Buffer.alloc(0))
      client.polite = false
      return client
    }),
  )
  await until(() => descriptorsOf(site.pid) >= before.descriptors + 1000)
  assert.ok(memoryOf(site.pid) - before.memory < 100 * MIB, `${(memoryOf(site.pid) - before.memory) / MIB} MiB more`)
  await load.more(500)
  await Promise.all(clients.map((client) => client.ended()))
  await until(() => descriptorsOf(site.pid) <= before.descriptors)
  await load.more(100)
  await load.stop()
  assert.deepEqual(load.failures, [])
})

test('a request whose fields end after the limit is refused, and the connection goes on', LINUX, async (t) => {
  const site = await served(t)
  const client = await connected(t, site)
  const long = encodeFields([...fields(), 'x-long', '§'.repeat(30_000)])
  client.send(frame('HEADERS', END_STREAM, 1, long.subarray(0, 16_384)))
  client.send(frame('CONTINUATION', END_HEADERS, 1, long.subarray(16_384)))
  client.send(headers(3, fields()))
  assert.deepEqual([(await client.answer(1)).status, (await client.answer(3)).status], [431, 200])
})
