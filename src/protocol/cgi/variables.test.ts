import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Connection, type SocketFacts } from '../../message/connection.ts'
import { Exchange } from '../../message/exchange.ts'
import type { OwnIdentity } from '../../message/identity-fields.ts'
import { Request, type RequestInit } from '../../message/request.ts'
import { textOfBytes } from './octets.ts'
import { cgiVariables, mountedScript, type Script } from './variables.ts'

const FACTS = {
  remote: { address: '192.0.2.7', port: 40000 },
  local: { address: '192.0.2.1', port: 8080 },
  secure: false,
  tls: undefined,
} as SocketFacts
const SCRIPT: Script = { name: '/cgi/a.sh', pathInfo: '' }

interface Given extends RequestInit {
  readonly url?: string
  readonly script?: Script
  readonly size?: number
  readonly connection?: Connection
  readonly authorization?: boolean | undefined
  readonly identity?: OwnIdentity
  readonly env?: readonly string[]
}

function variables(given: Given = {}): Record<string, string> {
  const {
    url = 'http://www.example.org:81/cgi/a.sh?a=%20b&c',
    script = SCRIPT,
    size,
    authorization = 'authorization' in given ? undefined : false,
    env = [],
    identity,
  } = given
  const connection = given.connection ?? new Connection(FACTS, new Exchange(), 'HTTP/1.1')
  const list = cgiVariables(new Request(url, given), connection, script, size, { authorization, env, identity })
  const seen: Record<string, string> = {}
  for (let i = 0; i < list.length; i += 2) {
    const name = list[i] as string
    assert.equal(seen[name], undefined, `${name} is there twice`)
    seen[name] = list[i + 1] as string
  }
  return seen
}

test('the variables of a plain request (RFC 3875 §4.1)', () => {
  assert.deepEqual(variables({ headers: { Host: 'www.example.org:81' } }), {
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_SOFTWARE: 'oriel',
    REDIRECT_STATUS: '200',
    SERVER_PROTOCOL: 'HTTP/1.1',
    REQUEST_METHOD: 'GET',
    REQUEST_SCHEME: 'http',
    REQUEST_URI: '/cgi/a.sh?a=%20b&c',
    QUERY_STRING: 'a=%20b&c',
    SCRIPT_NAME: '/cgi/a.sh',
    SERVER_NAME: 'www.example.org',
    SERVER_PORT: '8080',
    SERVER_ADDR: '192.0.2.1',
    REMOTE_ADDR: '192.0.2.7',
    REMOTE_PORT: '40000',
    HTTP_HOST: 'www.example.org:81',
  })
})

test('path info and the file of the script', () => {
  const script = { name: '/a.php', pathInfo: '/x y', filename: '/srv/a.php', root: '/srv' }
  const seen = variables({ script })
  const { PATH_INFO, PATH_TRANSLATED, SCRIPT_FILENAME, DOCUMENT_ROOT, DOCUMENT_URI } = seen
  assert.deepEqual(
    [PATH_INFO, PATH_TRANSLATED, SCRIPT_FILENAME, DOCUMENT_ROOT, DOCUMENT_URI],
    ['/x y', '/srv/x y', '/srv/a.php', '/srv', '/a.php/x y'],
  )
  const without = variables({ script: { ...script, pathInfo: '' } })
  assert.ok(!('PATH_INFO' in without) && !('PATH_TRANSLATED' in without))
})

test('content has variables of its own and no others (RFC 3875 §4.1.2, §4.1.3)', () => {
  const headers = { 'Content-Type': 'a/b', 'Content-Length': '5', 'Transfer-Encoding': 'chunked', Content_Length: '6' }
  const seen = variables({ method: 'POST', headers, size: 5 })
  assert.deepEqual([seen['CONTENT_LENGTH'], seen['CONTENT_TYPE']], ['5', 'a/b'])
  assert.deepEqual(
    Object.keys(seen).filter((name) => /^HTTP_(?:CONTENT|TRANSFER)/.test(name)),
    [],
  )
  assert.ok(!('CONTENT_LENGTH' in variables({ headers })))
})

for (const [what, headers, expected] of [
  [
    'repeated fields',
    [
      ['X-Two', 'a'],
      ['x-two', 'b'],
    ],
    { HTTP_X_TWO: 'a, b' },
  ],
  [
    'repeated cookies',
    [
      ['Cookie', 'a=1'],
      ['Cookie', 'b=2'],
    ],
    { HTTP_COOKIE: 'a=1; b=2' },
  ],
  [
    'Proxy (httpoxy)',
    [
      ['Proxy', 'http://evil.example'],
      ['proxy', 'x'],
    ],
    {},
  ],
  [
    'an underscore for a hyphen',
    [
      ['X-Real', 'good'],
      ['X_Real', 'evil'],
    ],
    { HTTP_X_REAL: 'good' },
  ],
  [
    'an underscore that comes first',
    [
      ['X_Real', 'evil'],
      ['X-Real', 'good'],
    ],
    { HTTP_X_REAL: 'good' },
  ],
  [
    'a point for a hyphen',
    [
      ['X.Real', 'evil'],
      ['X-Real', 'good'],
    ],
    { HTTP_X_REAL: 'good' },
  ],
  [
    'two odd names for one variable',
    [
      ['X_Real', 'a'],
      ['X.Real', 'b'],
    ],
    {},
  ],
  [
    'one odd name',
    [
      ['X_Real', 'a'],
      ['x_real', 'b'],
    ],
    { HTTP_X_REAL: 'a, b' },
  ],
  [
    'fields of the connection',
    [
      ['Connection', 'a'],
      ['Keep-Alive', 'b'],
      ['TE', 'c'],
      ['Upgrade', 'd'],
      ['Expect', 'e'],
    ],
    {},
  ],
  [
    'passwords',
    [
      ['Authorization', 'Basic x'],
      ['Proxy-Authorization', 'y'],
    ],
    {},
  ],
] as const) {
  test(`fields as variables: ${what}`, () => {
    const seen = variables({ headers: [['Host', 'h'], ...headers] })
    const fields = Object.entries(seen).filter(([name]) => name.startsWith('HTTP_') && name !== 'HTTP_HOST')
    assert.deepEqual(Object.fromEntries(fields), expected)
  })
}

test('Authorization is given where the config says so', () => {
  assert.equal(
    variables({ headers: { Authorization: 'Basic x' }, authorization: true })['HTTP_AUTHORIZATION'],
    'Basic x',
  )
})

for (const [means, authorization, given] of [
  [undefined, undefined, 'Basic x'],
  [{ type: 'Basic', usesAuthorization: true }, undefined, undefined],
  [{ type: 'Basic', usesAuthorization: true }, true, 'Basic x'],
  [{ type: 'Certificate' }, undefined, 'Basic x'],
  [{ type: 'Certificate' }, false, undefined],
] as const) {
  test(`Authorization behind ${means?.type ?? 'nothing'} where the config says ${authorization}: ${given}`, () => {
    const connection = new Connection(FACTS, new Exchange(), 'HTTP/1.1')
    connection.identify({ name: 'ada', groups: [] }, undefined, means)
    const headers = { Authorization: 'Basic x', 'Proxy-Authorization': 'Basic y', Proxy_Authorization: 'Basic z' }
    const seen = variables({ headers, authorization, connection })
    assert.deepEqual([seen['HTTP_AUTHORIZATION'], seen['AUTH_TYPE']], [given, means?.type])
    assert.equal(seen['HTTP_PROXY_AUTHORIZATION'], undefined)
  })
}

test('what a client says of users becomes no variable in a site that has guards, however it is spelled', () => {
  const headers: Record<string, string> = { 'X-Team': 'mine', X_Team: 'odd', 'X-Other': 'seen', Remote_User: 'a' }
  for (const name of ['Remote-User', 'REMOTE-GROUPS', 'X-Remote_User', 'Auth-Type', 'X-WEBAUTH-USER', 'Client-Cert']) {
    headers[name] = 'root'
  }
  const fieldsOf = (seen: Record<string, string>) =>
    Object.keys(seen).filter((name) => /^HTTP_(?!HOST)|REMOTE_USER|AUTH_TYPE/.test(name))
  const identity = { fields: new Set(['x-team']) }
  assert.deepEqual(fieldsOf(variables({ headers, identity })), ['HTTP_X_OTHER'])
  const passed = fieldsOf(variables({ headers }))
  assert.ok(passed.includes('HTTP_REMOTE_USER') && passed.includes('HTTP_X_WEBAUTH_USER'), String(passed))
  assert.ok(!passed.includes('REMOTE_USER') && !passed.includes('AUTH_TYPE'))
})

test('the user, what the Authorizer said, and the environment of the site are told', () => {
  const connection = new Connection(FACTS, new Exchange(), 'HTTP/1.1')
  const said = { TEAM: 'ü', SERVER_SOFTWARE: 'x', REMOTE_USER: 'eve' }
  connection.identify({ name: 'ädä', groups: [] }, said, { type: 'Test' })
  const seen = variables({ connection, headers: { Authorization: 'Basic x' }, env: ['REDIRECT_STATUS', '1', 'A', 'b'] })
  assert.equal(textOfBytes(seen['REMOTE_USER'] ?? ''), 'ädä')
  const { AUTH_TYPE, TEAM, SERVER_SOFTWARE, REDIRECT_STATUS, A } = seen
  assert.deepEqual([AUTH_TYPE, TEAM, SERVER_SOFTWARE, REDIRECT_STATUS, A], ['Test', 'Ã¼', 'oriel', '1', 'b'])
})

test('an Authorizer does not say which program runs, how it runs, or what the request is', () => {
  const connection = new Connection(FACTS, new Exchange(), 'HTTP/1.1')
  const script = { name: '/s', pathInfo: '', filename: '/srv/s' }
  const said = { SCRIPT_FILENAME: '/etc/passwd', REMOTE_ADDR: '::1', REQUEST_METHOD: 'GET', HTTP_COOKIE: 'a=root' }
  const never = [
    'PATH',
    'LD_PRELOAD',
    'LD_LIBRARY_PATH',
    'PYTHONPATH',
    'PERL5LIB',
    'HTTP_PROXY',
    'BASH_ENV',
    'PHP_VALUE',
  ]
  connection.identify(undefined, {
    ...said,
    ...Object.fromEntries(never.map((name) => [name, 'x'])),
    PATHS: 'y',
    LDAP_TEAM: 'z',
  })
  const headers = { Cookie: 'a=b' }
  const plain = variables({ script, method: 'POST', headers })
  assert.deepEqual(variables({ script, method: 'POST', headers, connection }), { ...plain, PATHS: 'y', LDAP_TEAM: 'z' })
})

test('what a client says of itself is no user', () => {
  const seen = variables({ headers: { 'Remote-User': 'root', REMOTE_USER: 'root', Authorization: 'Basic x' } })
  assert.deepEqual([seen['REMOTE_USER'], seen['AUTH_TYPE']], [undefined, undefined])
})

test('TLS, a proxy before us, and Unix sockets', () => {
  const tls = { protocol: 'TLSv1.3', cipher: 'X', serverName: undefined, peerCertificate: undefined }
  const secure = variables({ connection: new Connection({ ...FACTS, secure: true, tls }, new Exchange(), 'HTTP/2.0') })
  assert.deepEqual(
    [
      secure['HTTPS'],
      secure['REQUEST_SCHEME'],
      secure['SSL_PROTOCOL'],
      secure['SSL_CIPHER'],
      secure['SERVER_PROTOCOL'],
    ],
    ['on', 'https', 'TLSv1.3', 'X', 'HTTP/2.0'],
  )
  const client = { address: '198.51.100.1', secure: true }
  const proxied = variables({ connection: new Connection(FACTS, new Exchange(), 'HTTP/1.1', client) })
  assert.deepEqual(
    [proxied['REMOTE_ADDR'], proxied['REMOTE_PORT'], proxied['HTTPS']],
    ['198.51.100.1', undefined, 'on'],
  )
  const end = { address: '', port: undefined }
  const unix = variables({
    connection: new Connection({ ...FACTS, remote: end, local: end }, new Exchange(), 'HTTP/1.1'),
  })
  assert.deepEqual([unix['REMOTE_ADDR'], unix['SERVER_PORT'], unix['SERVER_ADDR']], ['unix:', '81', undefined])
})

test('an IPv6 host has no brackets (RFC 3875 §4.1.14); an IPv4 address over IPv6 is itself', () => {
  assert.equal(variables({ url: 'http://[2001:db8::1]:81/' })['SERVER_NAME'], '2001:db8::1')
  const remote = { address: '::ffff:192.0.2.9', port: 1 }
  assert.equal(
    variables({ connection: new Connection({ ...FACTS, remote }, new Exchange(), 'HTTP/1.1') })['REMOTE_ADDR'],
    '192.0.2.9',
  )
})

function sent(target: string): string | undefined {
  const parts = {
    method: 'GET',
    target,
    path: '/',
    search: '',
    version: '1.1',
    authority: 'h',
    secure: false,
    body: null,
  }
  const { headers } = new Request('http://h/')
  const connection = new Connection(FACTS, new Exchange(), 'HTTP/1.1')
  const list = cgiVariables(new Request({ ...parts, headers }), connection, SCRIPT, undefined, {
    authorization: false,
    env: [],
  })
  return list[list.indexOf('REQUEST_URI') + 1]
}

for (const [target, expected] of [
  ['/a%20b//c?x=/../y', '/a%20b//c?x=/../y'],
  ['http://other/a?b', '/a?b'],
  ['http://other', '/'],
  ['http://other?b', '/?b'],
  ['/admin/../b?c', '/b?c'],
  ['/admin/%2e%2E/b', '/b'],
  ['/admin/./b', '/admin/b'],
  ['/a/..', '/'],
  ['/a..b/.c', '/a..b/.c'],
  ['//host/admin?b', '/host/admin?b'],
  ['http://other//host/admin', '/host/admin'],
  ['*', '*'],
] as const) {
  test(`REQUEST_URI of ${target}: as sent, but never another path than the one that was routed`, () => {
    assert.equal(sent(target), expected)
  })
}

test('a mounted program gets the rest of the path as PATH_INFO, in bytes; an encoded slash is nobody’s', () => {
  const request = new Request('http://h/app/a%20b/%C3%A9')
  request.mount = '/app'
  assert.deepEqual(mountedScript(request), { name: '/app', pathInfo: '/a b/Ã©' })
  const slash = new Request('http://h/app/admin%2Fx')
  slash.mount = '/app'
  assert.equal(mountedScript(slash), undefined)
})
