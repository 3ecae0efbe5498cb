import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { ProtocolError } from './errors.ts'
import {
  DEFAULT_HEAD_LIMITS,
  type HeadLimits,
  RequestHead,
  readRequestHead,
  SEEN_CONNECTION,
  SEEN_CONTENT_LENGTH,
  SEEN_EXPECT,
  SEEN_HOST,
  SEEN_SELECTIVE,
  SEEN_TRANSFER_ENCODING,
  SEEN_UPGRADE,
} from './request-head.ts'

function readText(head: RequestHead, text: string, at: number, limits: HeadLimits): boolean {
  return readRequestHead(head, Buffer.from(text, 'latin1'), text, at, limits)
}

function read(text: string, limits: HeadLimits = DEFAULT_HEAD_LIMITS): RequestHead | undefined {
  const head = new RequestHead()
  return readText(head, text, 0, limits) ? head : undefined
}

/** What becomes of a text when it comes whole: `read`, `more`, or the status and code that it is refused with. */
function verdict(text: string, limits: HeadLimits = DEFAULT_HEAD_LIMITS): string {
  try {
    return read(text, limits) === undefined ? 'more' : 'read'
  } catch (error) {
    assert.ok(error instanceof ProtocolError)
    return `${error.status} ${error.code}`
  }
}

/** What becomes of it when it comes byte by byte: the first verdict that is not `more`. */
function slowVerdict(text: string, limits: HeadLimits = DEFAULT_HEAD_LIMITS): string {
  for (let end = 1; end < text.length; end++) {
    const early = verdict(text.slice(0, end), limits)
    if (early !== 'more') return early
  }
  return verdict(text, limits)
}

test('a head is read into its parts', () => {
  const text = 'xxPOST /a?b HTTP/1.1\r\nHost: h:1\r\nX:y\r\nx-EMPTY: \t \r\n\r\nrest'
  const head = new RequestHead()
  assert.equal(readText(head, text, 2, DEFAULT_HEAD_LIMITS), true)
  assert.equal(head.method, 'POST')
  assert.equal(head.target, '/a?b')
  assert.equal(head.minor, 1)
  assert.equal(head.host, 'h:1')
  assert.equal(head.lines, 'Host: h:1\r\nX:y\r\nx-EMPTY: \t \r\n')
  assert.equal(text.slice(head.end), 'rest')
})

test('a head without fields is one', () => {
  assert.equal(read('GET / HTTP/1.0\r\n\r\n')?.lines, '')
})

test('nothing of one head is left over for the next one that is read into the same object', () => {
  const head = new RequestHead()
  const full =
    'GET / HTTP/1.1\r\nHost: first\r\nConnection: upgrade\r\nUpgrade: x\r\nExpect: y\r\nContent-Length: 1\r\n' +
    'Transfer-Encoding: z\r\nRange: bytes=0-\r\n\r\n'
  readText(head, full, 0, DEFAULT_HEAD_LIMITS)
  readText(head, 'GET / HTTP/1.0\r\nUpgrade: x\r\n\r\n', 0, DEFAULT_HEAD_LIMITS)
  assert.equal(head.seen, SEEN_UPGRADE)
  assert.equal(head.host, '')
  assert.equal(head.connection, '')
  const again = 'GET / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: b\r\nExpect: c\r\n\r\n'
  readText(head, again, 0, DEFAULT_HEAD_LIMITS)
  assert.equal(`${head.contentLength} ${head.transferEncoding} ${head.expect}`, '2 b c')
})

test('fields that decide how the message is read are kept, in whatever case, repeated ones joined', () => {
  const head = read(
    'GET / HTTP/1.1\r\nhOST:\ta \r\ncontent-LENGTH: 1\r\nContent-Length:2\r\nTRANSFER-encoding: a\r\n' +
      'transfer-encoding: b \t\r\nconnection: x\r\nConnection: y\r\nEXPECT: 100-continue\r\nupgrade: z\r\n\r\n',
  )
  assert.equal(head?.host, 'a')
  assert.equal(head?.contentLength, '1, 2')
  assert.equal(head?.transferEncoding, 'a, b')
  assert.equal(head?.connection, 'x, y')
  assert.equal(head?.expect, '100-continue')
  const seen = SEEN_HOST | SEEN_CONTENT_LENGTH | SEEN_TRANSFER_ENCODING | SEEN_CONNECTION | SEEN_EXPECT | SEEN_UPGRADE
  assert.equal(head?.seen, seen)
})

test('fields of conditions and ranges are noticed, names that only look like them are not', () => {
  const selective = (name: string): boolean =>
    ((read(`GET / HTTP/1.1\r\n${name}: x\r\n\r\n`)?.seen ?? 0) & SEEN_SELECTIVE) !== 0
  for (const name of ['If-Match', 'if-none-match', 'IF-MODIFIED-SINCE', 'If-Unmodified-Since', 'If-Range', 'rAnge']) {
    assert.equal(selective(name), true, name)
  }
  for (const name of ['Ranges', 'Rango', 'X-Match0', 'Iffy', 'Accept-Ranges'])
    assert.equal(selective(name), false, name)
})

test('names of the same length as the ones that decide are not taken for them', () => {
  const head = read(
    'GET / HTTP/1.1\r\nHosx: a\r\nContent-Lengti: 1\r\nTransfer_Encoding: x\r\nConnectiom: y\r\nExpecu: z\r\nUpgradf: w\r\n\r\n',
  )
  assert.equal(head?.seen, 0)
})

const VERSIONS: readonly (readonly [string, string | number])[] = [
  ['HTTP/1.1', 1],
  ['HTTP/1.0', 0],
  ['HTTP/1.9', 1],
  ['HTTP/2.0', '505 http-version'],
  ['HTTP/0.9', '505 http-version'],
  ['HTTP/3.1', '505 http-version'],
  ['HTTP/1.10', '400 request-line'],
  ['HTTP/11', '400 request-line'],
  ['HTTP/1', '400 request-line'],
  ['HTTP/1.', '400 request-line'],
  ['HTTP/.1', '400 request-line'],
  ['HTTP/1,1', '400 request-line'],
  ['http/1.1', '400 request-line'],
  ['HTTPS/1.1', '400 request-line'],
  ['HTTP/1.1 ', '400 request-line'],
  [' HTTP/1.1', '400 request-line'],
  ['HTTP/1.x', '400 request-line'],
  ['ICE/1.0', '400 request-line'],
  ['', '400 request-line'],
]

test('the version is 1.x, another major version is 505, anything else is 400 (RFC 9110 §2.5, RFC 9112 §2.3)', () => {
  for (const [version, expected] of VERSIONS) {
    const text = `GET / ${version}\r\nHost: a\r\n\r\n`
    if (typeof expected === 'number') assert.equal(read(text)?.minor, expected, version)
    else assert.equal(verdict(text), expected, version)
    assert.equal(slowVerdict(text), verdict(text), version)
  }
})

const REFUSED: readonly (readonly [string, string])[] = [
  ['a method with a separator', 'G(T / HTTP/1.1\r\n\r\n'],
  ['no method', ' / HTTP/1.1\r\n\r\n'],
  ['a tab for the first space', 'GET\t/ HTTP/1.1\r\n\r\n'],
  ['two spaces before the target', 'GET  / HTTP/1.1\r\n\r\n'],
  ['two spaces before the version', 'GET /  HTTP/1.1\r\n\r\n'],
  ['a space in the target', 'GET /a b HTTP/1.1\r\n\r\n'],
  ['a fragment', 'GET /a#b HTTP/1.1\r\n\r\n'],
  ['a byte above ASCII in the target', 'GET /\xe9 HTTP/1.1\r\n\r\n'],
  ['DEL in the target', 'GET /\x7f HTTP/1.1\r\n\r\n'],
  ['NUL in the target', 'GET /\0 HTTP/1.1\r\n\r\n'],
  ['HTTP/0.9', 'GET /\r\n'],
  ['a bare LF behind the request line', 'GET / HTTP/1.1\nHost: a\r\n\r\n'],
  ['a bare CR in the request line', 'GET /\rHTTP/1.1\r\n\r\n'],
  ['a bare LF behind a field', 'GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n'],
  ['a bare CR in a value', 'GET / HTTP/1.1\r\nX: a\rb\r\n\r\n'],
  ['a bare CR behind a value', 'GET / HTTP/1.1\r\nX: a\r\rb\r\n\r\n'],
  ['a bare LF as the empty line', 'GET / HTTP/1.1\r\nHost: a\r\n\n'],
  ['a bare CR as the empty line', 'GET / HTTP/1.1\r\nHost: a\r\n\rX'],
  ['a folded line', 'GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n'],
  ['white space before the first field', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n'],
  ['a space before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n'],
  ['a tab before the colon', 'GET / HTTP/1.1\r\nHost\t: a\r\n\r\n'],
  ['an empty name', 'GET / HTTP/1.1\r\n: a\r\n\r\n'],
  ['a name with a separator', 'GET / HTTP/1.1\r\nX(Y): a\r\n\r\n'],
  ['a name above ASCII', 'GET / HTTP/1.1\r\n\xc4: a\r\n\r\n'],
  ['a line without a colon', 'GET / HTTP/1.1\r\nHost\r\n\r\n'],
  ['NUL in a value', 'GET / HTTP/1.1\r\nX: a\0b\r\n\r\n'],
  ['a control byte in a value', 'GET / HTTP/1.1\r\nX: a\x01b\r\n\r\n'],
  ['DEL in a value', 'GET / HTTP/1.1\r\nX: a\x7fb\r\n\r\n'],
  ['a vertical tab in a value', 'GET / HTTP/1.1\r\nX: a\vb\r\n\r\n'],
  ['a second Host', 'GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n'],
]

test('what is not the grammar is 400, as a whole and byte by byte', () => {
  for (const [what, text] of REFUSED) {
    assert.match(verdict(text), /^400 /, what)
    assert.equal(slowVerdict(text), verdict(text), what)
  }
})

const SMALL: HeadLimits = { requestLine: 40, head: 120, fields: 3 }

test('the limits are the last sizes that are taken, whether the head comes whole or in pieces', () => {
  const line = (target: number): string => `GET /${'a'.repeat(target - 1)} HTTP/1.1\r\n\r\n`
  const head = (size: number): string => `GET / HTTP/1.1\r\nX: ${'a'.repeat(size - 23)}\r\n\r\n`
  const fields = (count: number): string => `GET / HTTP/1.1\r\n${'X: a\r\n'.repeat(count)}\r\n`
  const cases: readonly (readonly [string, string])[] = [
    [line(36), 'read'],
    [line(37), '414 request-line-limit'],
    [`${'G'.repeat(41)} / HTTP/1.1\r\n\r\n`, '414 request-line-limit'],
    [`GET /${'a'.repeat(100)}\0`, '414 request-line-limit'],
    [head(120), 'read'],
    [head(121), '431 head-limit'],
    [head(1000), '431 head-limit'],
    [`GET / HTTP/1.1\r\n${'N'.repeat(110)}\0: a\r\n\r\n`, '431 head-limit'],
    [`GET / HTTP/1.1\r\nX: ${'a'.repeat(110)}\0\r\n\r\n`, '431 head-limit'],
    [fields(3), 'read'],
    [fields(4), '431 head-limit'],
  ]
  for (const [text, expected] of cases) {
    assert.equal(verdict(text, SMALL), expected, JSON.stringify(text))
    assert.equal(slowVerdict(text, SMALL), expected, `slowly: ${JSON.stringify(text)}`)
  }
})

const TCHAR = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
const token = fc.string({ unit: fc.constantFrom(...TCHAR), minLength: 1, maxLength: 20 })
const octets = (from: number, to: number): fc.Arbitrary<string> =>
  fc.integer({ min: from, max: to }).map((c) => String.fromCharCode(c))
const value = fc.string({ unit: fc.oneof(octets(0x20, 0x7e), octets(0x80, 0xff), fc.constant('\t')), maxLength: 30 })
const target = fc.string({ unit: octets(0x21, 0x7e).filter((c) => c !== '#'), minLength: 1, maxLength: 40 })
const headText = fc
  .tuple(token, target, fc.integer({ min: 0, max: 9 }), fc.array(fc.tuple(token, value), { maxLength: 20 }))
  .filter(([, , , fields]) => fields.filter(([name]) => name.toLowerCase() === 'host').length < 2)
  .map(([method, aim, minor, fields]) => ({
    method,
    target: aim,
    minor,
    lines: fields.map(([name, text]) => `${name}:${text}\r\n`).join(''),
  }))

test('every head of the grammar is read back as it was written, and never before its last byte', () => {
  fc.assert(
    fc.property(headText, fc.string({ maxLength: 20 }), fc.nat(), ({ method, target, minor, lines }, rest, cut) => {
      const text = `${method} ${target} HTTP/1.${minor}\r\n${lines}\r\n`
      const head = new RequestHead()
      assert.equal(readText(head, text.slice(0, cut % text.length), 0, DEFAULT_HEAD_LIMITS), false)
      assert.equal(readText(head, text + rest, 0, DEFAULT_HEAD_LIMITS), true)
      assert.deepEqual(
        [head.method, head.target, head.minor, head.lines, head.end],
        [method, target, minor === 0 ? 0 : 1, lines, text.length],
      )
    }),
    runs(300),
  )
})

test('whatever the bytes are, they are read or refused alike whole and byte by byte, and never with anything but a ProtocolError', () => {
  const piece = fc.constantFrom('GET', ' ', '/', 'HTTP/1.1', '\r\n', '\r', '\n', ':', 'Host', 'a', '\t', '\0', '\xff')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = `${pieces.join('')}\r\n\r\n`
      assert.equal(slowVerdict(text, SMALL), verdict(text, SMALL), JSON.stringify(text))
    }),
    runs(1000),
  )
})
