import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { Headers } from '../../message/headers.ts'
import { Response } from '../../message/response.ts'
import { OwnFields } from '../../protocol/http1/own-fields.ts'
import { type Answer, answerOf, upgradeHead } from './answer.ts'

const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT'
const OWN = new OwnFields(DATE, '')
const GET = { method: 'GET', minor: 1, keepAlive: true }
const OLD = { ...GET, minor: 0 }

async function* chunks(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(3)
}

/** The lines of a head, without those of every head. */
function lines(answer: Answer): string[] {
  const [head = '', ...rest] = answer.text.split('\r\n\r\n')
  assert.deepEqual(rest, [''], 'one head, and nothing behind it')
  return head.split('\r\n').filter((line) => !/^(?:Date|Content-Type):/.test(line))
}

const sized = { size: 3, [Symbol.asyncIterator]: chunks }
const LENGTH = { 'Content-Length': '3' }

/** The answer, what was asked, the lines of its head, and how its content ends. */
const FRAMINGS: readonly (readonly [string, Response, typeof GET, readonly string[], Answer['framing'], boolean])[] = [
  ['bytes', new Response(new Uint8Array(3)), GET, ['HTTP/1.1 200 OK', 'Content-Length: 3'], 3, true],
  ['text, by its bytes', new Response('é€'), GET, ['HTTP/1.1 200 OK', 'Content-Length: 5'], 5, true],
  ['long text', new Response('é'.repeat(65)), GET, ['HTTP/1.1 200 OK', 'Content-Length: 130'], 130, true],
  ['no content', new Response(null), GET, ['HTTP/1.1 200 OK', 'Content-Length: 0'], 0, true],
  ['a stream of known size', new Response(sized), GET, ['HTTP/1.1 200 OK', 'Content-Length: 3'], 3, true],
  [
    'a stream whose size its maker said',
    new Response(chunks(), { headers: LENGTH }),
    GET,
    ['HTTP/1.1 200 OK', 'Content-Length: 3'],
    3,
    true,
  ],
  ['a stream', new Response(chunks()), GET, ['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'], 'chunked', true],
  ['a stream to HTTP/1.0', new Response(chunks()), OLD, ['HTTP/1.1 200 OK', 'Connection: close'], 'close', false],
  [
    'content to HTTP/1.0',
    new Response('abc'),
    OLD,
    ['HTTP/1.1 200 OK', 'Content-Length: 3', 'Connection: keep-alive'],
    3,
    true,
  ],
  [
    'a wrong Content-Length beside known content',
    new Response('abc', { headers: { 'Content-Length': '9' } }),
    GET,
    ['HTTP/1.1 200 OK', 'Content-Length: 3'],
    3,
    true,
  ],
  [
    'a Transfer-Encoding that the resource set',
    new Response('abc', { headers: { 'Transfer-Encoding': 'chunked' } }),
    GET,
    ['HTTP/1.1 200 OK', 'Content-Length: 3'],
    3,
    true,
  ],
  ['204 with content', new Response('abc', { status: 204 }), GET, ['HTTP/1.1 204 No Content'], 0, true],
  ['304 with content', new Response('abc', { status: 304 }), GET, ['HTTP/1.1 304 Not Modified'], 0, true],
  [
    '204 as a stream to HTTP/1.0',
    new Response(chunks(), { status: 204 }),
    OLD,
    ['HTTP/1.1 204 No Content', 'Connection: keep-alive'],
    0,
    true,
  ],
  [
    '205, which says that it has none (RFC 9110 §15.3.6)',
    new Response('abc', { status: 205 }),
    GET,
    ['HTTP/1.1 205 Reset Content', 'Content-Length: 0'],
    0,
    true,
  ],
  ['an error', new Response('abc', { status: 404 }), GET, ['HTTP/1.1 404 Not Found', 'Content-Length: 3'], 3, true],
  [
    'a reason phrase of its own',
    new Response('abc', { statusText: 'Fine' }),
    GET,
    ['HTTP/1.1 200 Fine', 'Content-Length: 3'],
    3,
    true,
  ],
  [
    'a connection that the client closes',
    new Response('abc'),
    { ...GET, keepAlive: false },
    ['HTTP/1.1 200 OK', 'Content-Length: 3', 'Connection: close'],
    3,
    false,
  ],
  [
    'a connection that the resource closes',
    new Response('abc', { headers: { Connection: 'close' } }),
    GET,
    ['HTTP/1.1 200 OK', 'Content-Length: 3', 'Connection: close'],
    3,
    false,
  ],
]

for (const [what, response, asked, head, framing, keepAlive] of FRAMINGS) {
  test(`${what}: ${head.join(', ')}`, () => {
    const answer = answerOf(asked, response, OWN)
    assert.deepEqual(lines(answer), head)
    assert.deepEqual([answer.framing, answer.keepAlive], [framing, keepAlive])
  })
}

test('HEAD has the head of GET and no content (RFC 9110 §9.3.2)', () => {
  for (const [what, response, asked] of FRAMINGS) {
    const head = answerOf({ ...asked, method: 'HEAD' }, response, OWN)
    assert.equal(head.body, null, what)
    assert.equal(head.framing, 0, what)
    // They differ in what ends a content whose size nobody knows: HEAD has none to end.
    const get = answerOf(asked, response, OWN).text.replace('Transfer-Encoding: chunked\r\n', '')
    if (what !== 'a stream to HTTP/1.0') assert.deepEqual(head.text, get, what)
  }
})

test('HEAD of a stream to HTTP/1.0 keeps the connection: there is no content whose end it would be', () => {
  const answer = answerOf({ ...OLD, method: 'HEAD' }, new Response(chunks()), OWN)
  assert.deepEqual(lines(answer), ['HTTP/1.1 200 OK', 'Connection: keep-alive'])
  assert.equal(answer.keepAlive, true)
})

test('HEAD that a resource answers itself, without content, tells the size that it says (RFC 9110 §8.6)', () => {
  const asked = { ...GET, method: 'HEAD' }
  for (const status of [200, 404]) {
    const told = answerOf(asked, new Response(null, { status, headers: LENGTH }), OWN)
    assert.equal(lines(told)[1], 'Content-Length: 3')
    assert.deepEqual([told.framing, told.keepAlive], [0, true])
    assert.equal(lines(answerOf(asked, new Response(null, { status }), OWN))[1], 'Content-Length: 0')
    assert.equal(lines(answerOf(GET, new Response(null, { status, headers: LENGTH }), OWN))[1], 'Content-Length: 0')
  }
})

test('every answer has one Date: that of the resource, where it set one', () => {
  const dated = { headers: { date: 'then' } }
  for (const status of [200, 204, 404]) {
    for (const asked of [GET, OLD]) {
      const dates = (response: Response): string[] => answerOf(asked, response, OWN).text.match(/^date: .*$/gim) ?? []
      assert.deepEqual(dates(new Response(null, { status })), [`Date: ${DATE}`])
      assert.deepEqual(dates(new Response(null, { status, ...dated })), ['date: then'])
    }
  }
})

test('content that is kept as text follows its head at once, and only for who gets content', () => {
  const bytes = Buffer.from('caf\xe9', 'latin1')
  const kept = (status: number = 200): Response => Response.over(status, new Headers(), bytes, 'caf\xe9')
  const answer = answerOf(GET, kept(), OWN)
  assert.ok(answer.text.endsWith('Content-Length: 4\r\n\r\ncaf\xe9'))
  assert.deepEqual([answer.body, answer.framing], [null, 4])
  const head = answerOf({ ...GET, method: 'HEAD' }, kept(), OWN)
  assert.ok(head.text.endsWith('Content-Length: 4\r\n\r\n'))
  for (const [asked, status] of [
    [OLD, 200],
    [{ ...GET, keepAlive: false }, 200],
    [GET, 404],
  ] as const) {
    const other = answerOf(asked, kept(status), OWN)
    assert.ok(other.text.endsWith('\r\n\r\n'))
    assert.equal(other.body, bytes)
  }
})

test('answers over shared fields each have their own size, content, date and connection', () => {
  const shared = new Headers({ ETag: '"a"' })
  const over = (text: string): Response => Response.over(200, shared, Buffer.from(text), text)
  const ask = fc.record({
    text: fc.constantFrom('', 'a', 'b', 'ab'),
    own: fc.constantFrom(OWN, new OwnFields('later', ''), new OwnFields(DATE, 'a/1')),
    method: fc.constantFrom('GET', 'HEAD'),
    minor: fc.constantFrom(0, 1),
    keepAlive: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(ask, { maxLength: 8 }), (asks) => {
      for (const { text, own, ...asked } of asks) {
        const answer = answerOf(asked, over(text), own)
        const alone = answerOf(asked, Response.over(200, new Headers(shared), Buffer.from(text), text), own)
        assert.deepEqual(answer, alone)
        const content = asked.method === 'HEAD' ? '' : text
        const sent = answer.text + (answer.body === null ? '' : String(answer.body))
        assert.ok(sent.endsWith(`\r\n\r\n${content}`))
        assert.ok(sent.includes(`\r\nContent-Length: ${text.length}\r\n`))
        assert.ok(sent.includes(`\r\n${own.text}`))
      }
    }),
    runs(300),
  )
})

test('426 says what to change to, on a connection that goes on or not (RFC 9110 §15.5.22)', () => {
  const response = new Response(null, { status: 426, headers: { Upgrade: 'websocket' } })
  const head = ['HTTP/1.1 426 Upgrade Required', 'Content-Length: 0', 'Connection: Upgrade', 'Upgrade: websocket']
  assert.deepEqual(lines(answerOf(GET, response, OWN)), head)
  assert.deepEqual(lines(answerOf({ ...GET, keepAlive: false }, response, OWN)), [
    ...head.slice(0, 2),
    'Connection: close',
    ...head.slice(2),
  ])
})

const UPGRADES: readonly (readonly [string, Response, string])[] = [
  [
    'a 101 names what it changes to',
    new Response(null, { status: 101, upgrade: () => {}, headers: { Upgrade: 'websocket', 'X-Y': 'z' } }),
    `HTTP/1.1 101 Switching Protocols\r\nDate: ${DATE}\r\nX-Y: z\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  ],
  [
    'a 101 has one Date: that of the resource, where it set one',
    new Response(null, { status: 101, upgrade: () => {}, headers: { Date: 'then', Upgrade: 'x' } }),
    'HTTP/1.1 101 Switching Protocols\r\nDate: then\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
  ],
  [
    'a tunnel has neither framing nor Connection (RFC 9110 §9.3.6)',
    new Response(null, { upgrade: () => {}, headers: { 'Content-Length': '5', 'Transfer-Encoding': 'chunked' } }),
    `HTTP/1.1 200 OK\r\nDate: ${DATE}\r\n\r\n`,
  ],
]

for (const [what, response, head] of UPGRADES) {
  test(what, () => assert.equal(upgradeHead(response, OWN), head))
}
