import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hostOf, isAuthority, parseTarget } from './target.ts'

for (const [method, target, path, search, authority] of [
  // origin form (RFC 9112 §3.2.1)
  ['GET', '/', '/', '', undefined],
  ['GET', '/a/../b?x=1?y', '/b', '?x=1?y', undefined],
  ['GET', '/a?', '/a', '?', undefined],
  ['GET', '/?/../x', '/', '?/../x', undefined],
  ['GET', '//example.org/a', '/example.org/a', '', undefined],
  ['OPTIONS', '/a', '/a', '', undefined],
  // absolute form (§3.2.2)
  ['GET', 'http://example.org', '/', '', 'example.org'],
  ['GET', 'http://example.org/a?b', '/a', '?b', 'example.org'],
  ['GET', 'HTTPS://example.org:8443/a//b', '/a/b', '', 'example.org:8443'],
  ['GET', 'http://example.org?x', '/', '?x', 'example.org'],
  ['GET', 'http://[::1]:80/', '/', '', '[::1]:80'],
  ['GET', 'http://example.org:/', '/', '', 'example.org:'],
  // authority form (§3.2.3)
  ['CONNECT', 'example.org:443', '', '', 'example.org:443'],
  ['CONNECT', '[::1]:443', '', '', '[::1]:443'],
  // asterisk form (§3.2.4)
  ['OPTIONS', '*', '*', '', undefined],
  ['OPTIONS', 'http://example.org', '*', '', 'example.org'],
  ['OPTIONS', 'http://example.org/', '/', '', 'example.org'],
  ['OPTIONS', 'http://example.org?x', '/', '?x', 'example.org'],
] as const) {
  test(`${method} ${target} has the path ${path} and the query ${search} (RFC 9112 §3.2)`, () => {
    assert.deepEqual(parseTarget(method, target), { path, search, authority })
  })
}

for (const [method, target] of [
  ['GET', ''],
  ['GET', '*'],
  ['GET', '**'],
  ['GET', 'a'],
  ['GET', '?a'],
  ['GET', 'example.org:443'],
  ['GET', 'ftp://example.org/'],
  ['GET', 'http:/a'],
  ['GET', 'http:///a'],
  ['GET', 'http://:80/a'],
  ['GET', 'http://user@example.org/'],
  ['GET', 'http://user:pass@example.org/'],
  ['GET', 'http://exa mple.org/'],
  ['GET', 'http://example.org:port/'],
  ['GET', 'http://[::1/'],
  ['GET', 'http://example.org/%00'],
  ['GET', '/%'],
  ['GET', '/a\\b'],
  ['GET', '/a#b'],
  ['GET', '/a?b#c'],
  ['GET', 'http://example.org/#a'],
  ['GET', 'http://example.org#a'],
  ['POST', '*'],
  ['CONNECT', '/'],
  ['CONNECT', '*'],
  ['CONNECT', 'example.org'],
  ['CONNECT', ':443'],
  ['CONNECT', 'example.org:'],
  ['CONNECT', 'example.org:65536'],
  ['CONNECT', 'http://example.org:443'],
  ['CONNECT', 'user@example.org:443'],
] as const) {
  test(`${method} ${target} is malformed`, () => {
    assert.equal(parseTarget(method, target), undefined)
  })
}

for (const text of [
  '',
  'example.org',
  'EXAMPLE.org.',
  'localhost:8080',
  'a_b~c',
  'h:',
  'h:0',
  '127.0.0.1:80',
  '[::1]',
  '[::1]:80',
  '[::ffff:127.0.0.1]',
  '[v1.a:b]',
  '%41.org',
  "a!$&'()*+,;=b",
]) {
  test(`${JSON.stringify(text)} is an authority (RFC 9110 §7.2)`, () => {
    assert.equal(isAuthority(text), true)
  })
}

for (const text of [
  'a b',
  'a/b',
  'a@b',
  'a?b',
  'a#b',
  'a:b',
  'a:1:2',
  'a:123456',
  'a:-1',
  '::1',
  '[::1',
  '::1]',
  '[]',
  '[::1]x',
  '[::1]:x',
  '[g]',
  'ü',
  'a\0',
  'a%4',
  'a%zz',
  'a\\b',
  'a<b',
  'a"b',
  'a,b c',
]) {
  test(`${JSON.stringify(text)} is no authority`, () => {
    assert.equal(isAuthority(text), false)
  })
}

for (const [authority, host] of [
  ['Example.ORG:8080', 'example.org'],
  ['example.org.', 'example.org'],
  ['example.org.:80', 'example.org'],
  ['example.org:', 'example.org'],
  ['[::1]:80', '[::1]'],
  ['[2001:DB8::1]', '[2001:db8::1]'],
  ['', ''],
] as const) {
  test(`the host of ${JSON.stringify(authority)} is ${JSON.stringify(host)}`, () => {
    assert.equal(hostOf(authority), host)
  })
}

test('no target that is taken has a path other than canonical, or an authority that is none', () => {
  const piece = fc.constantFrom(
    '/',
    'a',
    '..',
    '%2e',
    '?',
    '#',
    ':',
    '@',
    '*',
    'http://',
    'h',
    ':80',
    '[',
    ']',
    '\\',
    '%',
  )
  fc.assert(
    fc.property(fc.constantFrom('GET', 'OPTIONS', 'CONNECT'), fc.array(piece), (method, pieces) => {
      const parsed = parseTarget(method, pieces.join(''))
      if (parsed === undefined) return
      assert.match(parsed.path, /^(?:\*|(?:\/[^?#\\]*)?)$/)
      assert.doesNotMatch(parsed.path, /\/\/|\/\.{1,2}(?:\/|$)/)
      assert.match(parsed.search, /^(?:\?[^#]*)?$/)
      if (parsed.authority !== undefined) assert.ok(isAuthority(parsed.authority) && hostOf(parsed.authority) !== '')
    }),
    { numRuns: 2000 },
  )
})
