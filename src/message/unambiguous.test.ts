import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../test/support/property.ts'
import { parseTarget } from './target.ts'
import { unambiguousTarget } from './unambiguous.ts'

test('a target that all servers read alike is the canonical one', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['/a', '/a'],
    ['/a/?b=%2F..//', '/a/'],
    ['/%61/%7Eb%c3%a9', '/a/~b%C3%A9'],
    ['/a/./b/../c', '/a/c'],
    ['/a/.//b', '/a/b'],
    ['/a/%2e%2E/b', '/b'],
    ['//a///b//', '/a/b/'],
    ['/a;x=1/b', '/a;x=1/b'],
    ['/%252e%252e/a%252Fb', '/%252e%252e/a%252Fb'],
    ['http://a.example/b/../c?d', '/c'],
    ['http://a.example', '/'],
    ['/...;/..a/.b', '/...;/..a/.b'],
  ]
  for (const [target, path] of cases) assert.equal(unambiguousTarget('GET', target)?.path, path, target)
})

test('a target that servers read in two ways is none', () => {
  const targets = [
    '/open%2F..%2Fprivate',
    '/a%2fb',
    '/a//../private',
    '/a//%2e%2e/private',
    '/../a',
    '/a/../../b',
    '/%2e%2e/a',
    '/open/..;/private',
    '/open/..;x=1/private',
    '/open/%2e%2e%3b/private',
    '/open/.;/private',
    '/a\\b',
    '/a%5Cb',
    '/a%00',
    '/a%',
    '/a#b',
    '/a b',
    '/a\tb',
    '/\u00e9',
    '/a\u0100',
    '*',
    'a',
    '',
    'http://',
    'ftp://a/b',
    'http://user@a.example/b',
    'a.example:443',
    'http://a.example/b%2Fc',
    'http://a.example//../c',
  ]
  for (const target of targets) {
    for (const method of ['GET', 'OPTIONS', 'CONNECT']) {
      assert.equal(unambiguousTarget(method, target), undefined, `${method} ${target}`)
    }
  }
})

/** As nginx reads a path: decoded, slashes merged, then the dot segments removed (ngx_http_parse_complex_uri). */
function decodedFirst(path: string): string {
  const kept: string[] = []
  for (const segment of decodeURIComponent(path).split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  return `/${kept.join('/')}`
}

/** By the letter of RFC 3986 §5.2.4, with empty segments as segments, each then decoded. */
function byTheLetter(path: string): string {
  const kept: string[] = []
  for (const segment of path.slice(1).split('/').map(decodeURIComponent)) {
    if (segment === '..') kept.pop()
    else if (segment !== '.') kept.push(segment)
  }
  return `/${kept.filter((segment) => segment !== '').join('/')}`
}

test('whoever decodes first and whoever decodes last reads the same path that the guard is shown', () => {
  const piece = fc.constantFrom('/', '/', 'a', '.', '..', '%2e', '%2E%2e', '%2F', '%2f', ';', '%3b', '%61', '//', 'b')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const target = `/${pieces.join('')}`
      const path = unambiguousTarget('GET', target)?.path
      if (path === undefined) return
      const shown = decodeURIComponent(path).replace(/(.)\/$/, '$1')
      assert.equal(decodedFirst(target), shown)
      assert.equal(byTheLetter(target), shown)
      assert.equal(path, parseTarget('GET', target)?.path)
    }),
    runs(3000),
  )
})
