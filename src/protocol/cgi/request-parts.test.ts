import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HttpError } from '../../message/errors.ts'
import { Request } from '../../message/request.ts'
import { CalledBy, mountOf } from './request-parts.ts'

const PLAIN = { REQUEST_METHOD: 'GET', REQUEST_URI: '/', SERVER_NAME: 'a', SERVER_PORT: '80' }

function requestOf(variables: Readonly<Record<string, string>>): Request {
  return new Request(new CalledBy(Object.entries({ ...PLAIN, ...variables }).flat()).parts(null))
}

for (const [what, variables, expected] of [
  ['REQUEST_URI is the target', { REQUEST_URI: '/a%2fb/../c?d=e', SCRIPT_NAME: '/x' }, ['/c', '?d=e']],
  ['an absolute REQUEST_URI names its host', { REQUEST_URI: 'http://b:81/c?d', HTTP_HOST: 'a' }, ['/c', '?d', 'b:81']],
  [
    'without it SCRIPT_NAME, PATH_INFO and QUERY_STRING make the target',
    { REQUEST_URI: '', SCRIPT_NAME: '/app', PATH_INFO: '/a b%/?#', QUERY_STRING: 'q=%20' },
    ['/app/a%20b%25/%3F%23', '?q=%20'],
  ],
  ['nothing at all is the root', { REQUEST_URI: '' }, ['/', '']],
  ['bytes of a decoded path are encoded', { REQUEST_URI: '', PATH_INFO: '/\xc3\xbc' }, ['/%C3%BC', '']],
  ['HTTP_HOST is the authority', { HTTP_HOST: 'b:8080' }, ['/', '', 'b:8080']],
  ['SERVER_NAME and SERVER_PORT where there is no Host', { SERVER_PORT: '81' }, ['/', '', 'a:81']],
  ['the usual port is left out', { SERVER_PORT: '443', HTTPS: 'on' }, ['/', '', 'a']],
  ['an IPv6 name gets its brackets', { SERVER_NAME: '::1', SERVER_PORT: '81' }, ['/', '', '[::1]:81']],
] as const) {
  test(`path and host: ${what}`, () => {
    const { path, search, authority } = requestOf(variables)
    assert.deepEqual([path, search, authority].slice(0, expected.length), expected)
  })
}

for (const [variables, secure] of [
  [{}, false],
  [{ HTTPS: 'on' }, true],
  [{ HTTPS: 'ON' }, true],
  [{ HTTPS: '1' }, true],
  [{ HTTPS: '' }, false],
  [{ HTTPS: 'off' }, false],
  [{ HTTPS: 'OFF' }, false],
  [{ REQUEST_SCHEME: 'https' }, true],
  [{ HTTP_HTTPS: 'on', HTTP_X_FORWARDED_PROTO: 'https' }, false],
] as const) {
  test(`${JSON.stringify(variables)}: the client spoke ${secure ? '' : 'no '}TLS`, () => {
    assert.equal(requestOf(variables).secure, secure)
  })
}

for (const [protocol, version] of [
  ['HTTP/1.0', '1.0'],
  ['HTTP/1.1', '1.1'],
  ['HTTP/2.0', '2.0'],
  ['HTTP/2', '2.0'],
  ['INCLUDED', '1.1'],
] as const) {
  test(`SERVER_PROTOCOL ${protocol} is version ${version}`, () => {
    assert.equal(requestOf({ SERVER_PROTOCOL: protocol }).version, version)
  })
}

test('variables HTTP_* are fields; content has its own variables, and fields of the connection are none', () => {
  const request = requestOf({
    HTTP_X_FOO_BAR: 'baz',
    HTTP_COOKIE: 'a=b',
    HTTP_CONTENT_TYPE: 'text/forged',
    HTTP_CONTENT_LENGTH: '7',
    HTTP_CONNECTION: 'close',
    HTTP_TRANSFER_ENCODING: 'chunked',
    HTTP_TE: 'trailers',
    HTTP_UPGRADE: 'h2c',
    'HTTP_A B': 'no token',
    HTTP_: 'no name',
    CONTENT_TYPE: 'text/plain',
    CONTENT_LENGTH: '12',
  })
  assert.deepEqual(Object.fromEntries(request.headers), {
    'x-foo-bar': 'baz',
    cookie: 'a=b',
    'content-type': 'text/plain',
    'content-length': '12',
  })
  assert.equal(request.cookies['a'], 'b')
})

test('a request for a part, or under a condition, is known as one', () => {
  assert.equal(requestOf({ HTTP_RANGE: 'bytes=0-1' }).selective, true)
  assert.equal(requestOf({ HTTP_IF_NONE_MATCH: '*' }).selective, true)
  assert.equal(requestOf({ HTTP_ACCEPT: '*/*' }).selective, false)
})

for (const [what, variables] of [
  ['no method', { REQUEST_METHOD: '' }],
  ['a method with a space', { REQUEST_METHOD: 'GET /' }],
  ['a path with NUL', { REQUEST_URI: '/%00' }],
  ['a path without its slash', { REQUEST_URI: 'a' }],
  ['a host with a path', { HTTP_HOST: 'a/b' }],
  ['a length that is no number', { CONTENT_LENGTH: '1.5' }],
  ['a length too long to be one', { CONTENT_LENGTH: '1'.repeat(16) }],
  ['a field with CR and LF', { HTTP_X: 'a\r\nSet-Cookie: b' }],
  ['a field with NUL', { HTTP_X: 'a\0' }],
  ['a type with LF', { CONTENT_TYPE: 'a\nb' }],
] as const) {
  test(`${what} is answered 400`, () => {
    assert.throws(
      () => requestOf(variables),
      (error) => error instanceof HttpError && error.status === 400,
    )
  })
}

test('the length is that of the content; none and 0 are told apart', () => {
  const size = (length: string): number | undefined =>
    new CalledBy(['REQUEST_METHOD', 'GET', 'CONTENT_LENGTH', length]).size
  assert.deepEqual([size(''), size('-1'), size('0'), size('17')], [undefined, undefined, 0, 17])
})

for (const [scriptName, path, mount] of [
  ['', '/a', ''],
  ['/', '/a', ''],
  ['/app', '/app/x', '/app'],
  ['/app', '/app', '/app'],
  ['/app/', '/app/x', '/app'],
  ['/app', '/apple', ''],
  ['/other', '/app/x', ''],
  ['/a b', '/a%20b/c', '/a%20b'],
  ['/a%b', '/a%25b/c', '/a%25b'],
  ['/a%20b', '/a%20b/c', ''],
] as const) {
  test(`SCRIPT_NAME ${JSON.stringify(scriptName)} and the path ${path}: mounted at ${JSON.stringify(mount)}`, () => {
    assert.equal(mountOf(scriptName, path), mount)
  })
}

for (const [variables, id] of [
  [{}, undefined],
  [{ HTTP_X_REQUEST_ID: 'theirs' }, 'theirs'],
  [{ UNIQUE_ID: 'own' }, 'own'],
  [{ HTTP_X_REQUEST_ID: 'the client may say so', UNIQUE_ID: 'own' }, 'own'],
] as const) {
  test(`${JSON.stringify(variables)}: the web server calls the request ${id}`, () => {
    assert.equal(new CalledBy(Object.entries({ ...PLAIN, ...variables }).flat()).requestId, id)
  })
}
