import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection } from '../src/message/connection.ts'
import { Headers } from '../src/message/headers.ts'
import type { Handler } from '../src/message/interface.ts'
import { Response } from '../src/message/response.ts'
import { EngineUnderTest, startEngine } from './support/engine.ts'
import { FrameClient, fields, headers, PREFACE, settings } from './support/frame-client.ts'
import { gate } from './support/gate.ts'
import { connectInMemory, settled } from './support/memory-socket.ts'

const SOON = { timeout: 20_000 }
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const HINTS = new Headers([
  ['Link', '</a.css>; rel=preload'],
  ['Link', '</b.js>; rel=preload'],
  ['Connection', 'close'],
  ['Content-Length', '5'],
  ['Transfer-Encoding', 'chunked'],
])
/** What of them is for the client. */
const LINKS = 'Link: </a.css>; rel=preload\r\nLink: </b.js>; rel=preload\r\n'

/** Gives hints, waits, and answers; `late` has the connection after that. */
function hinting(status: number) {
  const go = gate<void>()
  const late: Connection[] = []
  const handler: Handler = async (_, connection) => {
    late.push(connection)
    connection.inform(status, HINTS)
    await go.passed
    return new Response('done')
  }
  return { go, late, handler }
}

for (const status of [102, 103, 199]) {
  test(`an informational ${status} goes out ahead of the final answer, at once and without framing`, SOON, async () => {
    const { go, late, handler } = hinting(status)
    const { engine } = new EngineUnderTest({ handler })
    const ends = connectInMemory(engine)
    ends.give(GET)
    await settled()
    assert.match(ends.read, new RegExp(`^HTTP/1\\.1 ${status} [^\r\n]*\r\n${LINKS}\r\n$`))
    const before = ends.read.length
    go.open()
    await settled()
    const whole = ends.read
    assert.match(whole.slice(before), /^HTTP\/1\.1 200 OK\r\n[\s\S]*Content-Length: 4\r\n\r\ndone$/)
    late[0]?.inform(103, HINTS)
    await settled()
    assert.equal(ends.read, whole, 'none comes after the final answer')
    ends.give(GET)
    await settled()
    assert.match(ends.read.slice(whole.length), /^HTTP\/1\.1 \d+ [^\r\n]*\r\nLink: /, 'the connection goes on')
  })
}

test('neither 100 nor 101 nor what is no informational status is sent on', SOON, async () => {
  for (const status of [99, 100, 101, 200, 404]) {
    const { go, handler } = hinting(status)
    const { engine } = new EngineUnderTest({ handler })
    const ends = connectInMemory(engine)
    ends.give(GET)
    await settled()
    assert.equal(ends.read, '', String(status))
    go.open()
    await settled()
    assert.match(ends.read, /^HTTP\/1\.1 200 /)
  }
})

test('a client of HTTP/1.0 gets none (RFC 9110 §15.2)', SOON, async () => {
  const { go, handler } = hinting(103)
  const { engine } = new EngineUnderTest({ handler })
  const ends = connectInMemory(engine)
  ends.give('GET / HTTP/1.0\r\nHost: a\r\n\r\n')
  await settled()
  go.open()
  await settled()
  assert.match(ends.read, /^HTTP\/1\.1 200 /)
})

for (const version of ['1', '2'] as const) {
  test(`a client of HTTP/${version} that does not read gets no more of them`, SOON, async () => {
    let asked = 0
    const { engine } = new EngineUnderTest({
      handler: (_, connection) => {
        asked++
        for (let i = 0; i < 20_000; i++) connection.inform(103, HINTS)
        return new Response('done')
      },
    })
    if (version === '2') await engine.prepare({ port: 0, http2: true })
    const ends = connectInMemory(engine, undefined, version)
    ends.socket.stuck = true
    if (version === '1') ends.give(GET)
    else ends.give(Buffer.concat([Buffer.from(PREFACE), settings(), headers(1, fields())]))
    await settled()
    assert.equal(asked, 1)
    assert.ok(ends.socket.writableLength < 300_000, `${ends.socket.writableLength} bytes wait`)
    ends.socket.destroy()
  })
}

test('over HTTP/2 it is a block of fields that does not end the stream (RFC 9113 §8.1)', SOON, async (t) => {
  const { go, late, handler } = hinting(103)
  const { port } = await startEngine(t, { handler, listen: { port: 0, http2: true } })
  const client = await FrameClient.open(port)
  t.after(() => client.destroy())
  client.send(headers(1, fields()))
  await client.until(() => client.of('HEADERS', 1).length === 1)
  assert.deepEqual([client.of('HEADERS', 1)[0]?.flags, client.answers.get(1)?.interim], [4, [103]])
  go.open()
  const answer = await client.answer(1)
  assert.deepEqual([answer.interim, answer.status, answer.body, answer.ending], [[103], 200, 'done', 'end'])
  late[0]?.inform(103, HINTS)
  await client.settled()
  assert.equal(client.of('HEADERS', 1).length, 2, 'none comes after the final answer')
})
