import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerEnd, keepsConnection, restAllowed } from './answer-framing.ts'
import { type AnswerHead, AnswerHeadReader } from './answer-head.ts'
import { ProtocolError } from './errors.ts'

function headOf(status: number, fields: readonly string[], minor: number = 1): AnswerHead {
  const reader = new AnswerHeadReader()
  const lines = fields.map((field) => `${field}\r\n`).join('')
  reader.take(Buffer.from(`HTTP/1.${minor} ${status} X\r\n${lines}\r\n`, 'latin1'), 0)
  return reader.finish()
}

function verdict(head: AnswerHead, method: string = 'GET'): number | string {
  try {
    return answerEnd(head, method)
  } catch (error) {
    assert.ok(error instanceof ProtocolError)
    return `refused: ${error.message}`
  }
}

const LENGTH = 'Content-Length: 5'
const CHUNKED = 'Transfer-Encoding: chunked'
const NO_LENGTH = 'refused: its Content-Length is no length'
const NOT_CHUNKED = 'refused: its Transfer-Encoding is not chunked'

for (const [fields, expected] of [
  [[], 'close'],
  [[LENGTH], 5],
  [['content-length: 0'], 0],
  [['Content-Length: 00005'], 5],
  [[LENGTH, LENGTH], 5],
  [['Content-Length: 5, 5,5'], 5],
  [[CHUNKED], 'chunked'],
  [['transfer-encoding: CHUNKED'], 'chunked'],
  [['Content-Length: 5', 'Content-Length: 6'], NO_LENGTH],
  [['Content-Length: 5, 05'], NO_LENGTH],
  [['Content-Length: 5,'], NO_LENGTH],
  [['Content-Length:'], NO_LENGTH],
  [['Content-Length: -1'], NO_LENGTH],
  [['Content-Length: +5'], NO_LENGTH],
  [['Content-Length: 5 5'], NO_LENGTH],
  [['Content-Length: 0x5'], NO_LENGTH],
  [['Content-Length: 5.0'], NO_LENGTH],
  [['Content-Length: 1000000000000000'], NO_LENGTH],
  [['Content-Length: \xb2'], NO_LENGTH],
  [[CHUNKED, LENGTH], 'refused: it has both Transfer-Encoding and Content-Length'],
  [[CHUNKED, CHUNKED], NOT_CHUNKED],
  [['Transfer-Encoding: gzip, chunked'], NOT_CHUNKED],
  [['Transfer-Encoding: gzip'], NOT_CHUNKED],
  [['Transfer-Encoding: chunked, identity'], NOT_CHUNKED],
  [['Transfer-Encoding: identity'], NOT_CHUNKED],
  [['Transfer-Encoding: chunked;q=1'], NOT_CHUNKED],
  [['Transfer-Encoding: "chunked"'], NOT_CHUNKED],
  [['Transfer-Encoding:'], NOT_CHUNKED],
] as const) {
  test(`an answer with ${JSON.stringify(fields)} ends: ${expected}`, () => {
    assert.equal(verdict(headOf(200, fields)), expected)
    const refused = typeof expected === 'string' && expected.startsWith('refused')
    for (const [status, method] of [
      [200, 'HEAD'],
      [103, 'GET'],
      [204, 'GET'],
      [304, 'GET'],
    ] as const) {
      // What could be read in two ways is refused, also where the answer has no content anyway.
      assert.equal(verdict(headOf(status, fields), method), refused ? expected : 'none', `${method} ${status}`)
    }
  })
}

test('HTTP/1.0 knows no Transfer-Encoding, and no tunnel is opened', () => {
  assert.match(String(verdict(headOf(200, [CHUNKED], 0))), /^refused: .*HTTP\/1\.0/)
  assert.match(String(verdict(headOf(200, []), 'CONNECT')), /^refused: it opens a tunnel/)
  assert.equal(verdict(headOf(405, [LENGTH]), 'CONNECT'), 5)
  assert.equal(verdict(headOf(205, [LENGTH])), 5)
})

for (const [minor, connection, expected] of [
  [1, undefined, true],
  [1, 'keep-alive', true],
  [1, 'Keep-Alive', true],
  [1, 'close', false],
  [1, 'x, CLOSE', false],
  [1, 'keep-alive, close', false],
  [1, 'closed', true],
  [0, undefined, false],
  [0, 'Keep-Alive', true],
  [0, 'keep-alive, close', false],
  [0, 'x', false],
] as const) {
  test(`HTTP/1.${minor} with Connection ${connection}: the connection ${expected ? 'stays' : 'ends'}`, () => {
    assert.equal(
      keepsConnection(headOf(200, connection === undefined ? [] : [`Connection: ${connection}`], minor)),
      expected,
    )
  })
}

for (const [field, expected] of [
  ['timeout=5', 4000],
  ['timeout=5, max=100', 4000],
  ['max=3,Timeout=60', 59_000],
  ['timeout=1', 0],
  ['timeout=0', 0],
  ['timeout=5x', undefined],
  ['max=3', undefined],
  ['xtimeout=3', undefined],
] as const) {
  test(`Keep-Alive: ${field} lets it rest for ${expected} ms`, () => {
    assert.equal(restAllowed(headOf(200, [`Keep-Alive: ${field}`])), expected)
  })
}
