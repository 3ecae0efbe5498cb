import assert from 'node:assert/strict'
import { test } from 'node:test'
import { networks } from '../../io/addresses.ts'
import { Headers } from '../../message/headers.ts'
import type { Request } from '../../message/request.ts'
import { ProtocolError } from '../../protocol/http1/errors.ts'
import { DEFAULT_HEAD_LIMITS, RequestHead, readRequestHead } from '../../protocol/http1/request-head.ts'
import { clientOf } from '../forwarded.ts'
import { FactsOfSocket } from '../socket-facts.ts'
import { asksUpgrade, expectsContinue, requestOf, wantsKeepAlive } from './received.ts'

function headOf(line: string, fields: readonly string[] = []): RequestHead {
  const text = [line, ...fields, '', ''].join('\r\n')
  const head = new RequestHead()
  assert.ok(readRequestHead(head, Buffer.from(text, 'latin1'), text, 0, DEFAULT_HEAD_LIMITS))
  return head
}

function request(line: string, fields: readonly string[] = ['Host: a']): Request {
  return requestOf(headOf(line, fields), null, false)
}

/** A head with one field: `with_('1.1', 'Expect: x')`. */
function having(version: string, ...fields: readonly string[]): RequestHead {
  return headOf(`POST / HTTP/${version}`, ['Host: a', ...fields])
}

test('a request has what its head says', () => {
  const head = headOf('POST /a%2fb/../c?d=%41 HTTP/1.1', ['hOst: Example.org:81', 'X-A: 1', 'x-a: 2'])
  const made = requestOf(head, null, true)
  assert.deepEqual(
    [made.method, made.target, made.search, made.version, made.authority, made.secure, made.body, made.selective],
    ['POST', '/a%2fb/../c?d=%41', '?d=%41', '1.1', 'Example.org:81', true, null, false],
  )
  assert.deepEqual(
    [...made.headers.raw()],
    [
      ...new Headers([
        ['hOst', 'Example.org:81'],
        ['X-A', '1'],
        ['x-a', '2'],
      ]).raw(),
    ],
  )
})

test('versions above 1.1 are spoken to as 1.1, and 1.0 as itself', () => {
  for (const [given, version] of [
    ['1.0', '1.0'],
    ['1.1', '1.1'],
    ['1.2', '1.1'],
  ]) {
    assert.equal(request(`GET / HTTP/${given}`).version, version)
  }
})

for (const field of [
  'Range: bytes=0-',
  'If-None-Match: *',
  'if-modified-since: x',
  'If-Unmodified-Since: x',
  'If-Match: *',
  'If-Range: "a"',
]) {
  test(`a request with ${field} is one that selects`, () => {
    assert.equal(request('GET / HTTP/1.1', ['Host: a', field]).selective, true)
  })
}

/** The line, the fields, and what is wrong with them. */
const REFUSED: readonly (readonly [string, readonly string[], string])[] = [
  ['GET / HTTP/1.1', [], '400 host-missing'],
  ['GET http://a/ HTTP/1.1', [], '400 host-missing'],
  ['GET / HTTP/1.1', ['Host: a b'], '400 host'],
  ['GET / HTTP/1.0', ['Host: a/b'], '400 host'],
  ['GET / HTTP/1.1', ['Host: user@a'], '400 host'],
  ['GET / HTTP/1.1', ['Host: a:x'], '400 host'],
  ['GET http://a/ HTTP/1.1', ['Host: b c'], '400 host'],
  ['GET * HTTP/1.1', ['Host: a'], '400 target'],
  ['GET a HTTP/1.1', ['Host: a'], '400 target'],
  ['GET http:///a HTTP/1.1', ['Host: a'], '400 target'],
  ['GET a:443 HTTP/1.1', ['Host: a'], '400 target'],
  ['CONNECT / HTTP/1.1', ['Host: a'], '400 target'],
  ['CONNECT a HTTP/1.1', ['Host: a'], '400 target'],
  ['GET / HTTP/1.1', ['Host: a', 'Expect: 200-ok'], '417 expectation'],
  ['GET / HTTP/1.1', ['Host: a', 'Expect: 100-continue', 'Expect: 100-continue'], '417 expectation'],
  ['GET / HTTP/1.1', ['Host: a', 'Expect:'], '417 expectation'],
  ['GET * HTTP/1.1', ['Host: a', 'Expect: x'], '400 target'],
]

for (const [line, fields, expected] of REFUSED) {
  test(`${line} with ${fields.join(', ') || 'nothing'} is ${expected}`, () => {
    assert.throws(
      () => request(line, fields),
      (error) => error instanceof ProtocolError && `${error.status} ${error.code}` === expected,
    )
  })
}

test('HTTP/1.0 needs no Host, and an empty one is one', () => {
  assert.equal(request('GET / HTTP/1.0', []).authority, '')
  assert.equal(request('GET / HTTP/1.1', ['Host:']).authority, '')
})

/** The line, and the authority, Host and path of the request, where Host is `b`. */
const AUTHORITIES: readonly (readonly [string, string, string, string])[] = [
  ['GET /x HTTP/1.1', 'b', 'b', '/x'],
  ['GET http://a:81/x HTTP/1.1', 'a:81', 'a:81', '/x'],
  ['GET HTTP://A HTTP/1.1', 'A', 'A', '/'],
  ['GET http://b/x HTTP/1.1', 'b', 'b', '/x'],
  ['OPTIONS http://a HTTP/1.1', 'a', 'a', '*'],
  ['OPTIONS * HTTP/1.1', 'b', 'b', '*'],
  ['CONNECT a:443 HTTP/1.1', 'a:443', 'a:443', ''],
]

for (const [line, authority, host, path] of AUTHORITIES) {
  test(`${line} beside Host: b is for ${authority}, and programs see no other (RFC 9112 §3.2.2)`, () => {
    const made = request(line, ['Host: b'])
    assert.deepEqual([made.authority, made.headers.getAll('host'), made.path], [authority, [host], path])
  })
}

test('an absolute form in HTTP/1.0 without Host gives it one', () => {
  const made = request('GET http://a/ HTTP/1.0', [])
  assert.deepEqual([made.authority, made.headers.get('host')], ['a', 'a'])
})

for (const [version, fields, waits] of [
  ['1.1', ['Expect: 100-continue'], true],
  ['1.1', ['expect: 100-Continue'], true],
  ['1.1', ['Expect: 100-continue, x'], false],
  ['1.1', [], false],
] as const) {
  test(`a head with ${fields.join() || 'no Expect'} ${waits ? 'expects' : 'does not expect'} 100`, () => {
    assert.equal(expectsContinue(having(version, ...fields)), waits)
  })
}

/** Version, Connection, and whether the connection goes on. */
const KEEPING: readonly (readonly [string, readonly string[], boolean])[] = [
  ['1.1', [], true],
  ['1.0', [], false],
  ['1.1', ['close'], false],
  ['1.1', ['CLOSE'], false],
  ['1.1', ['x,\tclose ,y'], false],
  ['1.1', ['keep-alive', 'close'], false],
  ['1.1', ['closed, not-close'], true],
  ['1.1', ['x'], true],
  ['1.1', [''], true],
  ['1.0', ['keep-alive'], true],
  ['1.0', ['x, Keep-Alive'], true],
  ['1.0', ['keep-alive, close'], false],
  ['1.0', ['keep-alive-not'], false],
]

for (const [version, options, goesOn] of KEEPING) {
  test(`HTTP/${version} with Connection ${JSON.stringify(options)} ${goesOn ? 'goes on' : 'ends'} (RFC 9112 §9.3)`, () => {
    assert.equal(wantsKeepAlive(having(version, ...options.map((option) => `Connection: ${option}`))), goesOn)
  })
}

/** Version, fields, and whether the connection may be taken over. */
const UPGRADING: readonly (readonly [string, readonly string[], boolean])[] = [
  ['1.1', ['Connection: Upgrade', 'Upgrade: x'], true],
  ['1.1', ['Connection: keep-alive, upgrade', 'Upgrade: x'], true],
  ['1.1', ['Connection: keep-alive', 'Connection: upgrade', 'Upgrade: x'], true],
  ['1.1', ['Upgrade: x'], false],
  ['1.1', ['Connection: Upgrade'], false],
  ['1.1', ['Connection: x-upgrade, upgrades', 'Upgrade: x'], false],
  ['1.0', ['Connection: Upgrade', 'Upgrade: x'], false],
]

for (const [version, fields, asked] of UPGRADING) {
  test(`HTTP/${version} with ${fields.join(', ')} ${asked ? 'asks' : 'does not ask'} for an upgrade`, () => {
    assert.equal(asksUpgrade(having(version, ...fields)), asked)
  })
}

test('CONNECT asks for a take-over by itself', () => {
  assert.equal(asksUpgrade(headOf('CONNECT a:443 HTTP/1.1', ['Host: a:443'])), true)
})

test('what an earlier head said does not speak for the next one that is read into the same object', () => {
  const head = having('1.1', 'Connection: close, upgrade', 'Upgrade: x', 'Expect: 100-continue', 'Range: bytes=0-')
  const next = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
  readRequestHead(head, Buffer.from(next), next, 0, DEFAULT_HEAD_LIMITS)
  assert.deepEqual([wantsKeepAlive(head), asksUpgrade(head), expectsContinue(head)], [true, false, false])
  assert.equal(requestOf(head, null, false).selective, false)
})

test('only a trusted socket may tell another client than itself', () => {
  const facts = (remoteAddress: string): FactsOfSocket =>
    new FactsOfSocket({ remoteAddress, remotePort: 5 } as unknown as ConstructorParameters<typeof FactsOfSocket>[0])
  const headers = new Headers({ 'X-Forwarded-For': '192.0.2.7', 'X-Forwarded-Proto': 'https' })
  const trusted = networks(['10.0.0.0/8'])
  assert.equal(clientOf(trusted, facts('192.0.2.1'), headers), undefined)
  assert.deepEqual(clientOf(trusted, facts('::ffff:10.0.0.1'), headers), { address: '192.0.2.7', secure: true })
  assert.deepEqual(clientOf(trusted, facts('10.0.0.1'), new Headers()), { address: '10.0.0.1', secure: false })
})
