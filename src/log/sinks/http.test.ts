import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { Reports } from '../../../test/support/reports.ts'
import { openSink } from './open.ts'
import { loadOutlets } from './outlets.ts'
import type { HttpPlace } from './place.ts'

await loadOutlets([{ http: '' }])

const WAITS = { timeout: 20_000 }

interface Asked {
  readonly request: IncomingMessage
  readonly body: Buffer
}

/** A server that answers as the function says, and remembers what came. */
async function serving(t: TestContext, answer: (response: ServerResponse, number: number) => void) {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    asked.push({ request, body })
    answer(response, asked.length)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/logs` }
}

function opened(place: HttpPlace) {
  const reports = new Reports()
  return { sink: openSink(place, '/', reports.report, { firstPause: 1, flush: 100 }), reports }
}

test('lines go out as one body, with the fields that the config names', WAITS, async (t) => {
  for (const gzip of [false, true]) {
    const { asked, url } = await serving(t, (response) => void response.end('taken'))
    const { sink } = opened({ http: url, gzip, headers: { Authorization: 'Bearer t' } })
    sink.write('{"a":1}')
    sink.write('{"a":"ü"}')
    await sink.close()
    const [first] = asked
    assert.equal(asked.length, 1)
    assert.equal(first?.request.method, 'POST')
    assert.equal(first?.request.headers['content-type'], 'application/x-ndjson')
    assert.equal(first?.request.headers['authorization'], 'Bearer t')
    const body = first?.body ?? Buffer.of()
    assert.equal((gzip ? gunzipSync(body) : body).toString(), '{"a":1}\n{"a":"ü"}\n')
    assert.equal(sink.dropped, 0)
  }
})

test('a server that fails gets the batch again; one that refuses it does not', WAITS, async (t) => {
  const cases: readonly (readonly [statuses: readonly number[], dropped: number])[] = [
    [[500, 503, 429, 200], 0],
    [[401, 404, 204], 0],
    [[400], 1],
    [[413], 1],
  ]
  for (const [statuses, dropped] of cases) {
    const { asked, url } = await serving(t, (response, number) => {
      response.writeHead(statuses[number - 1] ?? 500).end('words')
    })
    const { sink, reports } = opened({ http: url })
    sink.write('x')
    await sink.flush()
    while (asked.length < statuses.length) await new Promise((resolve) => setTimeout(resolve, 1))
    await sink.close()
    assert.equal(sink.dropped, dropped, statuses.join())
    assert.match(String(reports.all[0]?.fields['reason']), new RegExp(`it answers ${statuses[0]}`))
  }
})

test(
  'a server that hangs, goes or is not there costs lines and nothing else, and the reason is told',
  WAITS,
  async (t) => {
    const hangs = await serving(t, () => undefined)
    const trickles = await serving(t, (response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write('.'), 5)
      response.on('close', () => clearInterval(drip))
    })
    const goes = await serving(t, (response) => void response.socket?.destroy())
    const cases: readonly (readonly [url: string, why: RegExp])[] = [
      [hangs.url, /not answered after 0.05 seconds/],
      [trickles.url, /not answered after 0.05 seconds|aborted/],
      [goes.url, /socket hang up|ECONNRESET/],
      ['http://127.0.0.1:1/', /ECONNREFUSED/],
    ]
    for (const [url, why] of cases) {
      const { sink, reports } = opened({ http: url, timeout: 50 })
      sink.write('x')
      await sink.close()
      assert.equal(sink.dropped, 1, url)
      assert.match(String(reports.all[0]?.fields['reason']), why, url)
      assert.ok(!JSON.stringify(reports.all).includes('/logs'), 'a path may be a secret')
    }
  },
)

test('what is no URL of HTTP is refused', () => {
  for (const http of ['ftp://a/', 'nonsense']) assert.throws(() => openSink({ http }, '/'), TypeError)
})
