import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { Headers } from '../../message/headers.ts'
import { ChunkedDecoder } from './chunked.ts'
import { requestFraming } from './framing.ts'
import { chunkStart, framingLines, lastChunk, type RequestFraming } from './request-framing.ts'
import { DEFAULT_HEAD_LIMITS, RequestHead, readRequestHead } from './request-head.ts'

const PLAIN: RequestFraming = { method: 'GET', content: 'none', close: false, upgrade: undefined, trailers: false }

for (const [what, framing, expected] of [
  ['nothing', {}, '\r\n'],
  ['no content, where there could be one', { method: 'POST' }, 'Content-Length: 0\r\n\r\n'],
  ['no bytes', { content: 0 }, 'Content-Length: 0\r\n\r\n'],
  ['a size', { content: 5 }, 'Content-Length: 5\r\n\r\n'],
  ['no size', { content: 'chunked' }, 'Transfer-Encoding: chunked\r\n\r\n'],
  ['the end of the connection', { close: true }, 'Connection: close\r\n\r\n'],
  ['a wish for trailers', { trailers: true }, 'TE: trailers\r\nConnection: TE\r\n\r\n'],
  ['an upgrade', { upgrade: 'websocket' }, 'Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n'],
  [
    'all of it',
    { method: 'PUT', content: 'chunked', close: true, upgrade: 'a, b/1', trailers: true },
    'Transfer-Encoding: chunked\r\nTE: trailers\r\nUpgrade: a, b/1\r\nConnection: close, TE, Upgrade\r\n\r\n',
  ],
] as const) {
  test(`the lines of a request with ${what}`, () => assert.equal(framingLines({ ...PLAIN, ...framing }), expected))
}

test('what is written is what the other role reads', () => {
  const content = fc.oneof(fc.nat(), fc.constantFrom('chunked' as const, 'none' as const))
  fc.assert(
    fc.property(content, fc.constantFrom('GET', 'POST', 'PATCH'), fc.boolean(), (size, method, trailers) => {
      const text = `${method} / HTTP/1.1\r\nHost: h\r\n${framingLines({ ...PLAIN, method, content: size, trailers })}`
      const head = new RequestHead()
      assert.ok(readRequestHead(head, Buffer.from(text), text, 0, DEFAULT_HEAD_LIMITS))
      assert.equal(requestFraming(head), size === 'none' && method !== 'GET' ? 0 : size)
      assert.equal(head.end, text.length)
    }),
    runs(200),
  )
})

test('chunks and trailers are what a decoder reads, without fields that may not trail', () => {
  const trailers = new Headers([
    ['X-Sum', '1'],
    ['Content-Length', '7'],
  ])
  const written = Buffer.from(`${chunkStart(5)}hello\r\n${chunkStart(300)}${'x'.repeat(300)}\r\n${lastChunk(trailers)}`)
  const decoder = new ChunkedDecoder({ head: 1000, fields: 10 })
  let content = ''
  for (let at = 0; at < written.byteLength; ) {
    at = decoder.step(written, at)
    if (decoder.data !== undefined) content += Buffer.from(decoder.data).toString('latin1')
  }
  assert.deepEqual([decoder.done, content, decoder.trailers], [true, `hello${'x'.repeat(300)}`, 'X-Sum: 1\r\n'])
  assert.equal(lastChunk(undefined), '0\r\n\r\n')
})
