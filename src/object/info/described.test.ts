import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fc, runs } from '../../../test/support/property.ts'
import { canonicalPath } from '../../message/path.ts'
import { cleanDescription, cleanMethods, cleanText } from './described.ts'

test('what is said as it should be stays as it is', () => {
  const said = {
    description: 'Notes.\nOf everybody.',
    methods: { GET: 'One of them', PROPFIND: 'All' },
    accepts: ['application/json'],
    produces: ['text/plain'],
    examples: [
      { description: 'The first', method: 'PUT', path: '/1?x=1', headers: { 'X-A': '1' }, body: '{"a":\r\n1}' },
    ],
  }
  const [example] = said.examples
  assert.deepEqual(cleanDescription(said, '/notes@paul'), {
    ...said,
    examples: [{ ...example, path: '/notes@paul/1?x=1' }],
  })
  assert.deepEqual(cleanDescription(said, undefined)?.examples?.[0]?.path, undefined)
})

for (const [what, said] of [
  ['nothing', undefined],
  ['null', null],
  ['a text', 'x'],
  ['a list', []],
  ['other keys', { a: 1 }],
  [
    'other types',
    { description: 1, methods: [], accepts: 'x', produces: [1], examples: [null, 'x', { method: 'get' }] },
  ],
  ['methods that are none', { methods: { get: 'x', constructor: 'x', 'A B': 'x', __proto__: 'x' } }],
] as const) {
  test(`${what} says nothing`, () => assert.equal(cleanDescription(said, '/a'), undefined))
}

test('texts are cut, and have no controls and nothing that turns them round', () => {
  assert.equal(cleanText('a\0b\x1b[31mc\u202ed\u2066e\x7f\x9bf'), 'a\ufffdb\ufffd[31mc\ufffdd\ufffde\ufffd\ufffdf')
  assert.equal(cleanText('a\r\nb\tc'), 'a\nb\tc')
  assert.equal(cleanText('x'.repeat(1000))?.length, 301)
  assert.equal(cleanText('\ud800'), '\ufffd')
  assert.equal(cleanText(`${'x'.repeat(299)}😀`), `${'x'.repeat(299)}\ufffd…`)
})

test('there is an end to all that can be said', () => {
  const many = Array.from({ length: 1000 }, (_, i) => i)
  const made = cleanDescription(
    {
      description: 'x'.repeat(1e6),
      methods: Object.fromEntries(many.map((i) => [`M${i}`, 'x'.repeat(1e4)])),
      accepts: many.map((i) => `${i}`.repeat(1000)),
      examples: many.map(() => ({ body: 'x'.repeat(16_000), description: 'x'.repeat(1e5) })),
    },
    '/a',
  )
  assert.ok(JSON.stringify(made).length < 300_000)
  assert.equal(cleanDescription({ examples: [{ body: 'x'.repeat(16_385) }] }, '/a')?.examples?.[0]?.body, undefined)
})

for (const path of [
  '/../b',
  '/%2e%2e/b',
  '/x/../../b',
  '/\\..\\b',
  '\\b',
  'b',
  '@evil.example/',
  '.evil.example',
  ':80/',
  '/x y',
  '/x\r\nA: b',
  '/\t../b',
  '#x',
  `/${'x'.repeat(3000)}`,
]) {
  test(`an example of ${JSON.stringify(path.slice(0, 20))} leads elsewhere, or nowhere, and is left out`, () => {
    assert.equal(cleanDescription({ examples: [{ path }] }, '/a@b'), undefined)
  })
}

test('an example of an object at the root is no address of another host', () => {
  assert.equal(cleanDescription({ examples: [{ path: '//evil.example/' }, { path: '/evil.example' }] }, '/'), undefined)
})

test('an example leads below its object, whatever it says', () => {
  const piece = fc.constantFrom(
    '/',
    '.',
    '..',
    '%2e',
    '%2F',
    '%5c',
    '\\',
    '?',
    '#',
    ':',
    '@',
    'a',
    ' ',
    '\t',
    ';',
    '//',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.constantFrom('/a@b', '/x/y', '/a%20b'), (pieces, mount) => {
      const path = cleanDescription({ examples: [{ path: pieces.join('') }] }, mount)?.examples?.[0]?.path
      if (path === undefined) return
      const url = new URL(path, 'http://here.example')
      assert.equal(url.origin, 'http://here.example')
      const canonical = canonicalPath(url.pathname) ?? ''
      assert.ok(canonical === mount || canonical.startsWith(`${mount}/`), path)
    }),
    runs(500),
  )
})

test('whatever is said, what is told is texts', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      for (const said of [
        a,
        { description: a, methods: b, accepts: b, produces: a, examples: [a, b, { path: a, body: b }] },
      ]) {
        JSON.stringify(cleanDescription(said, '/a'))
        cleanMethods(a)
      }
    }),
    runs(300),
  )
})

test('methods are words in capitals, each once', () => {
  assert.deepEqual(cleanMethods(['GET', 'GET', 'get', 'constructor', '__proto__', 1, 'M-SEARCH']), ['GET', 'M-SEARCH'])
  assert.deepEqual(cleanMethods('GET'), [])
})
