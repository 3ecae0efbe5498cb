import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { type AnswerHead, AnswerHeadReader, MAX_ANSWER_FIELDS, MAX_ANSWER_HEAD } from './answer-head.ts'
import { ProtocolError } from './errors.ts'

/** What becomes of a text that comes in pieces: the head and what is behind it, `more`, or the code it is refused with. */
function verdictOf(pieces: readonly string[]): string {
  const reader = new AnswerHeadReader()
  try {
    for (const [n, piece] of pieces.entries()) {
      const at = reader.take(Buffer.from(piece, 'latin1'), 0)
      if (at >= 0) return `${shown(reader.finish())} | ${piece.slice(at) + pieces.slice(n + 1).join('')}`
    }
    return 'more'
  } catch (error) {
    assert.ok(error instanceof ProtocolError)
    return error.code
  }
}

function shown(head: AnswerHead): string {
  const { minor, status, statusText, headers } = head
  const fields = [...headers.raw()].map(([name, value]) => `${name}=${value}`)
  return [`1.${minor}`, status, ...(statusText === '' ? [] : [statusText]), ...fields].join(' ')
}

/** The one verdict on a text: whole, byte by byte, and cut in two at every byte. */
function verdict(text: string): string {
  const whole = verdictOf([text])
  assert.equal(verdictOf([...text]), whole, `byte by byte: ${JSON.stringify(text)}`)
  for (let cut = 1; cut < text.length; cut++) assert.equal(verdictOf([text.slice(0, cut), text.slice(cut)]), whole)
  return whole
}

for (const [text, expected] of [
  ['HTTP/1.1 200 OK\r\n\r\n', '1.1 200 | '],
  ['HTTP/1.1 200 OK\r\nA: b\r\n\r\nrest', '1.1 200 A=b | rest'],
  ['HTTP/1.0 404 Nothing Here\r\nA:b\r\na:\t c \t\r\nB:\r\n\r\n\r\n', '1.0 404 Nothing Here A=b a=c B= | \r\n'],
  ['HTTP/1.1 204 \r\n\r\n', '1.1 204 | '],
  ['HTTP/1.1 204\r\n\r\n', '1.1 204 | '],
  ['HTTP/1.1 599 \xe4\tb\r\n\r\n', '1.1 599 \xe4\tb | '],
  ["HTTP/1.1 100 Continue\r\n!#$%&'*+-.^_`|~09azAZ: \x21\xff\r\n\r\n", "1.1 100 !#$%&'*+-.^_`|~09azAZ=\x21\xff | "],
  ['HTTP/1.1 200 OK\r\nA: b\r\n', 'more'],
  ['HTTP/1.1 200 OK', 'more'],
] as const) {
  test(`a head is read: ${JSON.stringify(text)}`, () => assert.equal(verdict(text), expected))
}

for (const [what, line] of [
  ['another protocol', 'SSH-2.0-OpenSSH_9.2'],
  ['HTTP/2', 'HTTP/2.0 200 OK'],
  ['a later minor version', 'HTTP/1.2 200 OK'],
  ['small letters', 'http/1.1 200 OK'],
  ['a status of two digits', 'HTTP/1.1 20 OK'],
  ['a status of four digits', 'HTTP/1.1 2000 OK'],
  ['status 99', 'HTTP/1.1 099 OK'],
  ['status 600', 'HTTP/1.1 600 OK'],
  ['a status with a sign', 'HTTP/1.1 +20 OK'],
  ['two spaces', 'HTTP/1.1  200 OK'],
  ['a tab behind the status', 'HTTP/1.1 200\tOK'],
  ['no status', 'HTTP/1.1 '],
  ['a NUL in the phrase', 'HTTP/1.1 200 O\0K'],
  ['an escape in the phrase', 'HTTP/1.1 200 \x1b[2J'],
  ['a CR in the phrase', 'HTTP/1.1 200 O\rK'],
  ['a space at its start', ' HTTP/1.1 200 OK'],
  ['an empty line before it', ''],
] as const) {
  test(`a status line with ${what} is refused`, () => {
    assert.equal(verdict(`${line}\r\nA: b\r\n\r\n`), 'status-line')
  })
}

for (const [what, lines] of [
  ['a bare LF', 'A: b\nC: d'],
  ['a bare CR', 'A: b\rC: d'],
  ['CR CR LF', 'A: b\r\r\nC: d'],
  ['a folded line', 'A: b\r\n c'],
  ['a folded line with a tab', 'A: b\r\n\tc'],
  ['white space before the colon', 'A : b'],
  ['no colon', 'A'],
  ['no name', ': b'],
  ['a name that is no token', 'A(b: c'],
  ['a name with a byte above ASCII', '\xe4: b'],
  ['a NUL in a value', 'A: b\0c'],
  ['DEL in a value', 'A: \x7f'],
  ['a second status line', 'HTTP/1.1 200 OK\r\nA: b'],
  ['a space before the first field', ' A: b'],
] as const) {
  test(`a head with ${what} is refused`, () => {
    assert.equal(verdict(`HTTP/1.1 200 OK\r\n${lines}\r\n\r\n`), 'field-line')
  })
}

test('a head that ends with bare LFs is refused when they come, not when time is up', () => {
  assert.equal(verdict('HTTP/1.1 200 OK\n\n'), 'status-line')
  assert.equal(verdict('HTTP/1.1 200 OK\r\nA: b\n\n'), 'field-line')
})

test('a head has a limit of bytes and one of fields, whole or byte by byte', () => {
  const start = 'HTTP/1.1 200 OK\r\n'
  const fields = (count: number): string => `${start}${'A: b\r\n'.repeat(count)}\r\n`
  assert.match(verdictOf([fields(MAX_ANSWER_FIELDS)]), /^1\.1 200 A=b/)
  assert.equal(verdictOf([fields(MAX_ANSWER_FIELDS + 1)]), 'head-limit')
  const filler = MAX_ANSWER_HEAD - start.length - 'A: \r\n\r\n'.length
  const sized = (size: number): string => `${start}A: ${'x'.repeat(size)}\r\n\r\n`
  assert.match(verdictOf([sized(filler)]), /^1\.1 200 A=x/)
  assert.match(verdictOf([...sized(filler)]), /^1\.1 200 A=x/)
  assert.equal(verdictOf([sized(filler + 1)]), 'head-limit')
  assert.equal(verdictOf([`${start}A: ${'x'.repeat(MAX_ANSWER_HEAD)}`]), 'head-limit')
  assert.equal(verdictOf([...`${start}A: ${'x'.repeat(MAX_ANSWER_HEAD)}`]), 'head-limit')
})

test('fields that decide on the framing are kept, in whatever case, repeated ones joined; others are not taken for them', () => {
  const reader = new AnswerHeadReader()
  const text =
    'HTTP/1.1 200 OK\r\ncontent-LENGTH: 1\r\nContent-Length:2\r\nTransfer-Encoding: a\r\ntransfer-encoding: b \r\n' +
    'CONNECTION: x\r\nKeep-Alive: timeout=5\r\nContent-Lengti: 9\r\nTransfer_Encoding: 9\r\nConnectiom: 9\r\n\r\n'
  reader.take(Buffer.from(text), 0)
  const head = reader.finish()
  assert.deepEqual(
    [head.contentLength, head.transferEncoding, head.connection, head.keepAlive],
    ['1, 2', 'a, b', 'x', 'timeout=5'],
  )
  reader.take(Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), 0)
  const next = reader.finish()
  assert.deepEqual([next.contentLength, next.connection, [...next.headers.raw()].length], [undefined, undefined, 0])
})

const token = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,20}$/)
const value = fc.stringMatching(/^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]{0,20}[\x21-\x7e\x80-\xff])?)?$/)
const answer = fc.record({
  minor: fc.constantFrom(0, 1),
  status: fc.integer({ min: 100, max: 599 }),
  phrase: value,
  fields: fc.array(fc.tuple(token, value), { maxLength: 8 }),
  rest: fc.string({ unit: 'binary', maxLength: 10 }),
})

test('what was written is read, whatever the pieces', () => {
  fc.assert(
    fc.property(answer, fc.array(fc.nat(200), { maxLength: 6 }), ({ minor, status, phrase, fields, rest }, cuts) => {
      const lines = fields.map(([name, text]) => `${name}: ${text}\r\n`).join('')
      const text = `HTTP/1.${minor} ${status} ${phrase}\r\n${lines}\r\n${Buffer.from(rest).toString('latin1')}`
      const whole = verdictOf([text])
      assert.ok(whole.startsWith(`1.${minor} ${status}`), whole)
      for (const [name, text] of fields) assert.ok(whole.includes(` ${name}=${text}`), whole)
      const places = [0, ...cuts.map((cut) => cut % text.length), text.length].sort((a, b) => a - b)
      const pieces = places.slice(1).map((end, n) => text.slice(places[n], end))
      assert.equal(verdictOf(pieces.filter((piece) => piece !== '')), whole)
    }),
    runs(300),
  )
})

test('any bytes are read, refused, or wait for more: nothing else is thrown, and the pieces do not matter', () => {
  const noise = fc.array(fc.constantFrom('\r', '\n', ':', ' ', '\t', 'A', '2', '\0', '\r\n', 'A: b\r\n', '\r\n\r\n'))
  fc.assert(
    fc.property(fc.constantFrom('', 'HTTP/1.1 ', 'HTTP/1.1 200 OK\r\n'), noise, (start, parts) => {
      const text = start + parts.join('')
      const whole = verdictOf([text])
      // What is refused in the end may be refused earlier, or wait for its line, but is never read.
      const slow = verdictOf([...text])
      if (whole.includes(' | ')) assert.equal(slow, whole)
      else assert.ok(!slow.includes(' | '), `${JSON.stringify(text)}: ${whole}, but ${slow}`)
    }),
    runs(500),
  )
})

test('what node:http writes is read', { timeout: 20_000 }, async (t) => {
  let write: (answer: ServerResponse) => unknown = () => {}
  const server = createServer((_, response) => write(response)).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const cases: readonly (readonly [(answer: ServerResponse) => unknown, RegExp])[] = [
    [(r) => r.end('hello'), /^1\.1 200 Date=.* Connection=close Content-Length=5 \| hello$/],
    [(r) => r.writeHead(404, 'Not here', { 'X-A': ['1', '2'] }).end(), /^1\.1 404 Not here X-A=1 X-A=2 .* \| /],
    [
      (r) => {
        r.writeEarlyHints({ link: '</a>; rel=preload' })
        r.end()
      },
      /^1\.1 103 Link=<\/a>; rel=preload \| HTTP/,
    ],
    [
      (r) => [r.write('a'), r.end('b')],
      /^1\.1 200 .*Transfer-Encoding=chunked \| (?:1\r\na\r\n1\r\nb|2\r\nab)\r\n0\r\n\r\n$/,
    ],
  ]
  for (const [written, expected] of cases) {
    write = written
    const socket = connect(port, '127.0.0.1')
    socket.end('GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n')
    let text = ''
    for await (const bytes of socket) text += (bytes as Buffer).toString('latin1')
    assert.match(verdict(text), expected)
  }
})
