import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { type AnswerEvents, AnswerReader } from './answer-reader.ts'
import { ProtocolError } from './errors.ts'

interface Asked {
  readonly method?: string
  readonly upgrade?: string
  /** Whether the connection ends behind the text. */
  readonly ends?: boolean
}

/** What is read of pieces: heads and content, what stays over, or why they are refused. */
function readPieces(pieces: readonly string[], { method = 'GET', upgrade, ends = false }: Asked = {}): string {
  const reader = new AnswerReader()
  const told: string[] = []
  let content = ''
  const events: AnswerEvents = {
    head: ({ status }) => void told.push(String(status)),
    content: (bytes) => {
      content += Buffer.from(bytes).toString('latin1')
    },
  }
  reader.begin(method, upgrade)
  try {
    for (const [n, piece] of pieces.entries()) {
      const at = reader.read(Buffer.from(piece, 'latin1'), events)
      if (at === piece.length) continue
      told.push(`rest ${JSON.stringify(piece.slice(at) + pieces.slice(n + 1).join(''))}`)
      break
    }
  } catch (error) {
    assert.ok(error instanceof ProtocolError)
    return `refused: ${error.message}`
  }
  if (ends) reader.end()
  const trailers = [...(reader.trailers?.raw() ?? [])].map(([name, value]) => `${name}=${value}`)
  const state = reader.done ? (reader.keeps ? 'done' : 'done, closes') : reader.switched ? 'switched' : 'more'
  return [told.join(' '), content, ...trailers, state].join(' | ')
}

function read(text: string, asked?: Asked): string {
  const whole = readPieces([text], asked)
  assert.equal(readPieces([...text], asked), whole, 'byte by byte')
  for (let cut = 1; cut < Math.min(text.length, 400); cut++) {
    assert.equal(readPieces([text.slice(0, cut), text.slice(cut)], asked), whole, `cut at ${cut}`)
  }
  return whole
}

const OK = 'HTTP/1.1 200 OK\r\n'
const WEBSOCKET = 'HTTP/1.1 101 X\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n'
const FIVE = `${OK}Content-Length: 5\r\n\r\n`
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`

for (const [what, text, asked, expected] of [
  ['a size', `${FIVE}hello`, {}, '200 | hello | done'],
  ['less than its size', `${FIVE}hell`, { ends: true }, '200 | hell | more'],
  ['more than its size', `${FIVE}hello!`, {}, '200 rest "!" | hello | done'],
  ['another one behind it', `${FIVE}hello${FIVE}`, {}, `200 rest ${JSON.stringify(FIVE)} | hello | done`],
  ['no content', `${OK}Content-Length: 0\r\n\r\n`, {}, '200 |  | done'],
  ['chunks', `${CHUNKED}2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n`, {}, '200 | hello | done'],
  ['trailers', `${CHUNKED}1\r\na\r\n0\r\nX: y\r\nHost: h\r\n\r\n`, {}, '200 | a | X=y | done'],
  ['chunks without an end', `${CHUNKED}1\r\na\r\n`, { ends: true }, '200 | a | more'],
  ['chunks and more', `${CHUNKED}0\r\n\r\nX`, {}, '200 rest "X" |  | done'],
  ['a chunk that is none', `${CHUNKED}zz\r\n`, {}, 'refused: a chunk size is malformed'],
  ['the end of the connection', `${OK}\r\nhello`, { ends: true }, '200 | hello | done, closes'],
  ['no end yet', `${OK}\r\nhello`, {}, '200 | hello | more'],
  ['the end of the connection in its head', OK, { ends: true }, ' |  | more'],
  ['HEAD', `${FIVE}`, { method: 'HEAD' }, '200 |  | done'],
  ['HEAD, and a content all the same', `${FIVE}hello`, { method: 'HEAD' }, '200 rest "hello" |  | done'],
  ['304', 'HTTP/1.1 304 X\r\nContent-Length: 5\r\n\r\n', {}, '304 |  | done'],
  [
    '1xx before it',
    `HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 X\r\nA: b\r\n\r\n${FIVE}hello`,
    {},
    '100 103 200 | hello | done',
  ],
  ['Connection: close', `${OK}Connection: close\r\nContent-Length: 1\r\n\r\na`, {}, '200 | a | done, closes'],
  ['32 informational ones', 'HTTP/1.1 102 X\r\n\r\n'.repeat(32), {}, `${'102 '.repeat(32).trim()} |  | more`],
  ['a flood', 'HTTP/1.1 102 X\r\n\r\n'.repeat(33), {}, 'refused: it sent more than 32 informational answers'],
  ['a switch', `${WEBSOCKET}\x81\x00`, { upgrade: 'websocket' }, '101 rest "\x81\\u0000" |  | switched'],
  ['one of two', WEBSOCKET, { upgrade: 'other, websocket' }, '101 |  | switched'],
  ['no switch', `${FIVE}hello`, { upgrade: 'websocket' }, '200 | hello | done'],
  ['an unasked switch', WEBSOCKET, {}, 'refused: a switch of the protocol that nobody asked for'],
  ['another switch', WEBSOCKET, { upgrade: 'h2c' }, 'refused: a switch to a protocol that nobody offered'],
  [
    'a switch to nothing',
    'HTTP/1.1 101 X\r\n\r\n',
    { upgrade: 'h2c' },
    'refused: a switch to a protocol that nobody offered',
  ],
] as const) {
  test(`an answer with ${what}`, () => assert.equal(read(text, asked), expected))
}

test('whatever the pieces, an answer is the same, and ends where it ends', () => {
  const content = fc.string({ maxLength: 40 }).map((text) => text.replace(/[^ -~]/g, '?'))
  fc.assert(
    fc.property(content, fc.array(fc.integer({ min: 1, max: 9 })), fc.array(fc.nat(200)), (text, sizes, cuts) => {
      let chunks = ''
      for (let at = 0, n = 0; at < text.length; n++) {
        const piece = text.slice(at, at + (sizes[n] ?? 7))
        chunks += `${piece.length.toString(16)}\r\n${piece}\r\n`
        at += piece.length
      }
      const next = 'HTTP/1.1 200 OK\r\n'
      for (const whole of [
        `${OK}Content-Length: ${text.length}\r\n\r\n${text}${next}`,
        `${CHUNKED}${chunks}0\r\n\r\n${next}`,
      ]) {
        const places = [0, ...cuts.map((cut) => cut % whole.length), whole.length].sort((a, b) => a - b)
        const pieces = places.slice(1).map((end, n) => whole.slice(places[n], end))
        assert.equal(
          readPieces(pieces.filter((piece) => piece !== '')),
          `200 rest ${JSON.stringify(next)} | ${text} | done`,
        )
      }
    }),
    runs(200),
  )
})

test('a reader that was stopped from within an event says no more', () => {
  const reader = new AnswerReader()
  const told: string[] = []
  const events: AnswerEvents = {
    head: () => {
      told.push('head')
      reader.stop()
    },
    content: () => void told.push('content'),
  }
  reader.begin('GET', undefined)
  reader.read(Buffer.from(`${FIVE}hello`), events)
  assert.deepEqual([told, reader.done], [['head'], false])
})
