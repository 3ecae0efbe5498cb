import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalPath, decodedPath, decodedText } from './path.ts'

for (const [path, canonical] of [
  ['/', '/'],
  ['/a/b', '/a/b'],
  ['/a/b/', '/a/b/'],
  ["/-._~!$&'()*+,;=:@", "/-._~!$&'()*+,;=:@"],
  // RFC 3986 §5.2.4
  ['/a/b/c/./../../g', '/a/g'],
  ['/./a', '/a'],
  ['/a/.', '/a/'],
  ['/a/./', '/a/'],
  ['/a/b/..', '/a/'],
  ['/a/b/../', '/a/'],
  ['/..', '/'],
  ['/../../a', '/a'],
  ['/a/..', '/'],
  ['/...', '/...'],
  ['/a/..b/.c', '/a/..b/.c'],
  ['/.well-known/x', '/.well-known/x'],
  ['/%2e%2E/a', '/a'],
  ['/a/%2e./b', '/b'],
  ['/a/.%2e', '/'],
  ['/a/%2e', '/a/'],
  ['/%252e%252e/a', '/%252e%252e/a'],
  ['/a/..%2Fb', '/a/..%2Fb'],
  // merged slashes
  ['//', '/'],
  ['//a//b///c//', '/a/b/c/'],
  ['/a//../b', '/b'],
  ['//example.org/a', '/example.org/a'],
  // one spelling for each character (RFC 3986 §6.2.2)
  ['/%61%62%7E%2d', '/ab~-'],
  ['/a%21%40%3a', '/a!@:'],
  ['/%e2%82%ac', '/%E2%82%AC'],
  ['/ü', '/%C3%BC'],
  ['/a b', '/a%20b'],
  ['/a"<>[]^`{|}', '/a%22%3C%3E%5B%5D%5E%60%7B%7C%7D'],
  ['/%3f%23', '/%3F%23'],
  ['/?', '/%3F'],
  ['/𝒳', '/%F0%9D%92%B3'],
  ['/\ud800', '/%EF%BF%BD'],
  ['/\x01\x7f', '/%01%7F'],
  // an encoded slash is never a separator
  ['/a%2fb', '/a%2Fb'],
  ['/a/%2F/b', '/a/%2F/b'],
  ['/%2f%2f', '/%2F%2F'],
  ['/%25', '/%25'],
] as const) {
  test(`the canonical path of ${JSON.stringify(path)} is ${canonical}`, () => {
    assert.equal(canonicalPath(path), canonical)
  })
}

for (const path of ['', 'a', '*', 'a/b', '%2Fa', '/%', '/%2', '/%zz', '/%2g', '/a%', '/% 1', '/%+1', '/\0', '/%00']) {
  test(`${JSON.stringify(path)} has no canonical path`, () => {
    assert.equal(canonicalPath(path), undefined)
  })
}

for (const path of ['/\\', '/a\\..\\b', '/%5c', '/%5C..%5C']) {
  test(`${JSON.stringify(path)} is refused: on some systems a backslash separates`, () => {
    assert.equal(canonicalPath(path), undefined)
  })
}

test('part of a canonical path is decoded once; no name has an encoded slash in it', () => {
  assert.equal(decodedPath('/a/b'), '/a/b')
  assert.equal(decodedPath('/a%20b/%C3%BC'), '/a b/ü')
  assert.equal(decodedPath('/%252F'), '/%2F')
  assert.equal(decodedPath('/a%2Fb'), undefined)
  assert.equal(decodedPath('/%FF'), undefined)
  assert.equal(decodedPath('/%C0%AE'), undefined, 'an overlong dot')
})

test('in a parameter a decoded slash is an ordinary character', () => {
  assert.equal(decodedText('a%2Fb'), 'a/b')
  assert.equal(decodedText('ab'), 'ab')
  assert.equal(decodedText('%FF'), undefined)
})

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('/', '/', '.', '..', '%2e', '%2E', '%2f', '%2F', '//', '/./', '/../') },
  { weight: 3, arbitrary: fc.constantFrom('a', 'B', '~', '!', '%41', '%7e', '%20', '%c3%bc', '%25', '%FF') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 2 }) },
)
const anyPath = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`)

test('a canonical path is its own canonical path', () => {
  fc.assert(
    fc.property(anyPath, (path) => {
      const canonical = canonicalPath(path)
      if (canonical !== undefined) assert.equal(canonicalPath(canonical), canonical)
    }),
    { numRuns: 1000 },
  )
})

test('a canonical path has no empty segment, no dot segment, no NUL, no backslash, and only visible ASCII', () => {
  fc.assert(
    fc.property(anyPath, (path) => {
      const canonical = canonicalPath(path)
      if (canonical === undefined) return
      assert.match(canonical, /^\/[\x21-\x7e]*$/)
      assert.doesNotMatch(canonical, /\/\/|\/\.{1,2}(?:\/|$)|%00|%5C|\\|[?#]/i)
      assert.doesNotMatch(canonical, /%(?![0-9A-F]{2})/)
    }),
    { numRuns: 1000 },
  )
})

test('a canonical path has one spelling: decoded and encoded again it is the same', () => {
  const plain = /[\w\-.~!$&'()*+,;=:@/]/
  fc.assert(
    fc.property(anyPath, (path) => {
      const canonical = canonicalPath(path)
      if (canonical === undefined) return
      const again = canonical.replace(/%([0-9A-F]{2})|./g, (all, hex: string | undefined) => {
        const c = hex === undefined ? all : String.fromCharCode(Number.parseInt(hex, 16))
        if (c === '/' && hex !== undefined) return '%2F'
        return plain.test(c) ? c : `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
      })
      assert.equal(again, canonical)
    }),
    { numRuns: 1000 },
  )
})

test('paths that mean the same have the same canonical path, however they are spelled', () => {
  const respelled = fc.tuple(anyPath, fc.infiniteStream(fc.nat(3))).map(([path, choices]) => {
    const other = path.replace(/%[0-9a-f]{2}|[^%/]/giu, (c) => {
      const choice = choices.next().value ?? 0
      const code = c.length === 3 && c.startsWith('%') ? Number.parseInt(c.slice(1), 16) : (c.codePointAt(0) ?? 0)
      if (choice === 0 || (code > 127 && c.length !== 3)) return c
      if (choice === 1 && code > 32 && code < 127 && !'%/?#\\'.includes(String.fromCharCode(code)))
        return String.fromCharCode(code)
      const hex = code.toString(16).padStart(2, '0')
      return `%${choice === 2 ? hex : hex.toUpperCase()}`
    })
    return [path, other] as const
  })
  let equal = 0
  fc.assert(
    fc.property(respelled, ([path, other]) => {
      fc.pre(/^(?:%[0-9a-f]{2}|[^%])*$/i.test(path))
      assert.equal(canonicalPath(other), canonicalPath(path), other)
      if (other !== path && canonicalPath(path) !== undefined) equal++
    }),
    { numRuns: 1000 },
  )
  assert.ok(equal > 100, 'enough of them were paths')
})
