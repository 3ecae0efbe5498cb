import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { type AuthorizationRecord, Connection, type SocketFacts, type TlsFacts } from '../../message/connection.ts'
import { Exchange } from '../../message/exchange.ts'
import { Headers } from '../../message/headers.ts'
import { canonicalPath } from '../../message/path.ts'
import { type Params, Request } from '../../message/request.ts'
import { parseTarget } from '../../message/target.ts'
import { readNameValues } from '../fastcgi/name-values.ts'
import { WholeCall } from './read-call.ts'
import { wholeForm } from './write-call.ts'

/** A plain object, as JSON makes them. */
function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true })
}

/** Characters of a byte each, from a list of ranges. */
function octets(...ranges: readonly (readonly [number, number])[]): fc.Arbitrary<string> {
  return fc.oneof(...ranges.map(([min, max]) => fc.integer({ min, max }))).map((code) => String.fromCharCode(code))
}

const letters = "ABCdefGHIjklMNOpqrSTUvwxYZ0123456789-_.!#$%&'*+^`|~"
const token = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 20 })
/** As a front door has trimmed it; obs-text (RFC 9110 §5.5) is there too. */
const value = fc.string({ unit: octets([32, 126], [128, 255], [9, 9]), maxLength: 40 }).map((text) => {
  const from = text.search(/[^ \t]/)
  return from < 0 ? '' : text.slice(from).replace(/[ \t]+$/, '')
})
const SPECIAL = ['host', 'content-length']
const field = fc.tuple(
  fc.oneof(token, fc.constantFrom('Cookie', 'cookie', 'X-A', 'x-a', 'Set-Cookie', 'Range', 'If-None-Match')),
  value,
)
const fields = fc
  .array(field, { maxLength: 12 })
  .map((list) => list.filter(([n]) => !SPECIAL.includes(n.toLowerCase())))
const text = fc.string({ unit: 'binary', maxLength: 20 })
const path = fc.string({ unit: octets([33, 34], [36, 62], [64, 91], [93, 126], [128, 255]), maxLength: 30 })
const search = fc.string({ unit: octets([33, 34], [36, 126], [128, 255]), maxLength: 20 })
const params: fc.Arbitrary<Params> = fc.dictionary(fc.oneof(text, fc.constant('__proto__')), text, { maxKeys: 4 })
const user: fc.Arbitrary<AuthorizationRecord> = record({ name: text, groups: fc.array(text, { maxLength: 4 }) })
const address = record({
  address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('')),
  port: fc.option(fc.integer({ min: 0, max: 65535 }), { nil: undefined }),
})
const tls: fc.Arbitrary<TlsFacts> = record({
  protocol: fc.constantFrom('TLSv1.2', 'TLSv1.3'),
  cipher: fc.string(),
  serverName: fc.option(fc.string(), { nil: undefined }),
  peerCertificate: fc.option(fc.uint8Array({ maxLength: 40 }), { nil: undefined }),
})
const socket = record({
  remote: address,
  local: address,
  secure: fc.boolean(),
  tls: fc.option(tls, { nil: undefined }),
  knownName: fc.option(text, { nil: undefined }),
})
const client = record({ address: fc.ipV4(), secure: fc.boolean() })

function factsOf(given: Omit<SocketFacts, 'remoteName'>): SocketFacts {
  return { ...given, remoteName: () => Promise.resolve('') }
}

const NOWHERE = factsOf({
  remote: { address: '192.0.2.7', port: 5 },
  local: { address: '192.0.2.1', port: 80 },
  secure: false,
  tls: undefined,
})

/** What is read of what is written of a request. */
function carried(request: Request, connection: Connection, timeout: number = 0): WholeCall {
  return new WholeCall(readNameValues(wholeForm({ object: 'echo', timeout }, request, connection)))
}

interface Given {
  readonly method?: string
  readonly target: string
  readonly version?: string
  readonly authority?: string
  readonly secure?: boolean
  readonly headers?: Headers
  readonly path?: string
  readonly search?: string
}

function requestOf({ method = 'GET', target, authority = '', headers, ...more }: Given): Request | undefined {
  const parsed = parseTarget(method, target)
  if (parsed === undefined) return undefined
  const found = { path: parsed.path, search: parsed.search, version: '1.1', secure: false, body: null }
  return new Request({ ...found, method, target, authority, headers: headers ?? new Headers(), ...more })
}

function told(request: Request): unknown {
  const { method, target, path, search, version, authority, secure, selective, url } = request
  return { method, target, path, search, version, authority, secure, selective, url }
}

test('whatever is asked arrives as it was: method, target, version, fields, mount, parameters', () => {
  const asked = record({
    method: token,
    target: fc.tuple(path, search, fc.boolean()).map(([p, s, more]) => `/${p}${more ? `?${s}` : ''}`),
    version: fc.constantFrom('1.0', '1.1', '2.0'),
    authority: fc.constantFrom('a', 'a:8080', '', '[::1]:80'),
    host: fc.option(fc.constantFrom('a', ' a ', 'b')),
    secure: fc.boolean(),
    list: fields,
  })
  fc.assert(
    fc.property(asked, path, params, ({ list, host, ...given }, mount, params) => {
      const lines = list.map(([name, value]) => `${name}: ${value}\r\n`).join('')
      const headers = Headers.fromLines(`${host === null ? '' : `hOST: ${host}\r\n`}${lines}`)
      const request = requestOf({ ...given, headers })
      if (request === undefined) return
      request.mount = canonicalPath(`/${mount}`) ?? ''
      request.params = params
      const call = carried(request, new Connection(NOWHERE, new Exchange(), 'HTTP/1.1'))
      const arrived = new Request(call.parts(null))
      assert.deepEqual(told(arrived), told(request))
      assert.deepEqual(arrived.headers.fields(), request.headers.fields())
      for (const [name] of list) assert.equal(arrived.headers.get(name), request.headers.get(name))
      assert.equal(call.mount, request.mount)
      assert.deepEqual({ ...call.params }, { ...params })
      assert.equal(call.object, 'echo')
    }),
    runs(1000),
  )
})

test('a request that was rewritten has both its target and its path', () => {
  fc.assert(
    fc.property(path, path, search, (first, second, search) => {
      const path = canonicalPath(`/${second}`)
      const request = path === undefined ? undefined : requestOf({ target: `/${first}`, path, search: `?${search}` })
      if (request === undefined) return
      const call = carried(request, new Connection(NOWHERE, new Exchange(), 'HTTP/1.1'))
      assert.deepEqual(told(new Request(call.parts(null))), told(request))
    }),
    runs(500),
  )
})

for (const [method, target] of [
  ['OPTIONS', '*'],
  ['CONNECT', 'a:80'],
  ['GET', 'http://b/c?d'],
  ['OPTIONS', 'http://b'],
] as const) {
  test(`${method} ${target} arrives as it was`, () => {
    const authority = parseTarget(method, target)?.authority ?? 'a'
    const request = requestOf({ method, target, authority, headers: new Headers({ Host: 'a' }) })
    assert.ok(request !== undefined)
    const call = carried(request, new Connection(NOWHERE, new Exchange(), 'HTTP/1.1'))
    assert.deepEqual(told(new Request(call.parts(null))), told(request))
  })
}

test('users, groups, means and variables arrive as they were, whatever characters they have', () => {
  const variables = fc.dictionary(text, text, { maxKeys: 3 })
  const optional = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined })
  fc.assert(
    fc.property(optional(user), optional(variables), optional(token), (user, variables, type) => {
      const connection = new Connection(NOWHERE, new Exchange(), 'HTTP/1.1')
      connection.identify(user, variables, type === undefined ? undefined : { type })
      const request = requestOf({ target: '/' }) as Request
      const { identity } = carried(request, connection)
      if (user === undefined && variables === undefined) return assert.equal(identity, undefined)
      assert.deepEqual(identity?.user, user)
      assert.deepEqual(identity?.variables && { ...identity.variables }, variables && { ...variables })
      assert.deepEqual(identity?.means, type === undefined ? {} : { type })
    }),
    runs(500),
  )
})

test('the facts of the client arrive as they were, also where a proxy stands between', () => {
  fc.assert(
    fc.property(socket, fc.option(client, { nil: undefined }), (given, client) => {
      const connection = new Connection(factsOf(given), new Exchange(), 'HTTP/1.1', client)
      const call = carried(requestOf({ target: '/' }) as Request, connection)
      const arrived = new Connection(call.facts, new Exchange(), 'HTTP/1.1', call.client)
      const { remote, local, secure, tls } = call.facts
      assert.deepEqual({ remote, local, secure, tls, knownName: call.facts.knownName }, given)
      assert.deepEqual([arrived.clientAddress, arrived.secure], [connection.clientAddress, connection.secure])
    }),
    runs(500),
  )
})

test('a name that is looked up after the first call is told from then on', () => {
  const facts = { ...NOWHERE, knownName: undefined as string | undefined }
  const connection = new Connection(facts, new Exchange(), 'HTTP/1.1')
  const request = requestOf({ target: '/' }) as Request
  assert.equal(carried(request, connection).facts.knownName, undefined)
  facts.knownName = 'a.example'
  assert.equal(carried(request, connection).facts.knownName, 'a.example')
})

test('the time that a caller waits is told in milliseconds, and for ever not at all', () => {
  const connection = new Connection(NOWHERE, new Exchange(), 'HTTP/1.1')
  const request = requestOf({ target: '/' }) as Request
  assert.equal(carried(request, connection, 250).timeout, 250)
  assert.equal(carried(request, connection).timeout, 0)
})

const WRONG: Readonly<Record<string, string>> = {
  'no request line': '',
  'a line without a version': 'GET /\r\n',
  'a method that is none': 'G(T / HTTP/1.1\r\n',
  'a target with a space': 'GET /a b HTTP/1.1\r\n',
  'a target with a line feed': 'GET /a\nb HTTP/1.1\r\n',
  'a bare line feed in a field': 'GET / HTTP/1.1\r\nA: b\nC: d\r\n',
  'a bare carriage return': 'GET / HTTP/1.1\r\nA: b\rC: d\r\n',
  'NUL in a field': 'GET / HTTP/1.1\r\nA: \0\r\n',
  'a folded line': 'GET / HTTP/1.1\r\nA: b\r\n c\r\n',
  'a space before the colon': 'GET / HTTP/1.1\r\nA : b\r\n',
  'a line that does not end': 'GET / HTTP/1.1\r\nA: b',
  'an empty line': 'GET / HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n',
  'a length that is none': 'GET / HTTP/1.1\r\nContent-Length: +5\r\n',
  'two lengths': 'GET / HTTP/1.1\r\nContent-Length: 5\r\ncontent-length: 6\r\n',
  'a target that is none': 'GET a HTTP/1.1\r\n',
  'a host that is none': 'GET / HTTP/1.1\r\nHost: a/b\r\n',
}

for (const [what, request] of Object.entries(WRONG)) {
  test(`${what} is 400`, () => {
    assert.throws(() => new WholeCall(['ORIEL_OBJECT', 'echo', 'ORIEL_REQUEST', request]).parts(null), { status: 400 })
  })
}

test('variables of any content make a request or an HttpError', () => {
  const names = [
    'ORIEL_REQUEST',
    'ORIEL_USER',
    'ORIEL_CONNECTION',
    'ORIEL_PARAMS',
    'ORIEL_PATH',
    'ORIEL_TIMEOUT',
    'HTTPS',
  ]
  const json = fc.json().map((text) => Buffer.from(text).toString('latin1'))
  const content = fc.oneof(fc.string({ unit: octets([0, 255]) }), json)
  const variables = fc.array(fc.tuple(fc.constantFrom(...names), content), { maxLength: 6 })
  fc.assert(
    fc.property(variables, (list) => {
      try {
        const call = new WholeCall(['ORIEL_REQUEST', 'GET / HTTP/1.1\r\n', ...list.flat()])
        call.parts(null)
        const { facts, client } = call
        void [call.params, call.identity, facts.remote, facts.local, facts.secure, facts.tls, facts.knownName, client]
      } catch (error) {
        assert.equal((error as { status?: number }).status, 400, String(error))
      }
    }),
    runs(2000),
  )
})
