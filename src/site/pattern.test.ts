import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePattern } from './pattern.ts'

for (const [text, shape, rank] of [
  ['/', '/', ''],
  ['/a', '/a', '0'],
  ['/a/', '/a', '0'],
  ['/notes/:id', '/notes/:p0', '01'],
  ['/:year/:month', '/:p0/:p1', '11'],
  ['/:name.:ext', '/:p0.:p1', '1'],
  ['/v:major/x', '/v:p0/x', '10'],
  ['/*', '/**', '2'],
  ['/*/:x/*', '/:p0/:p1/**', '112'],
  ['/a/*.php', '/a/**', '02'],
  ['/a b/ü', '/a%20b/%C3%BC', '00'],
  ['/%61%2e', '/a.', '0'],
  ['/(a)+{b}', '/\\(a\\)\\+%7Bb%7D', '0'],
  ['/a%2Ab%3Ac', '/a\\*b\\:c', '0'],
  ['/..a/...', '/..a/...', '00'],
] as const) {
  test(`the pattern ${text} is ${shape} to the router`, () => {
    const pattern = parsePattern(text)
    assert.deepEqual([pattern.text, pattern.shape, pattern.rank], [text, shape, rank])
  })
}

test('patterns that differ only in the names of their parameters have one shape', () => {
  assert.equal(parsePattern('/a/:x/:y').shape, parsePattern('/a/:day/*').shape.replace('**', ':p1'))
  assert.equal(parsePattern('/:x/b').shape, parsePattern('/*/b').shape)
})

test('the parameters of a pattern are those with a name', () => {
  assert.deepEqual(parsePattern('/*/:a/:b-:c/*').names, [
    ['a', 'p1'],
    ['b', 'p2'],
    ['c', 'p3'],
  ])
})

for (const [text, mount, depth, suffix] of [
  ['/a/b', '', 0, undefined],
  ['/*', '', 0, undefined],
  ['/*.php', '', 0, '.php'],
  ['/a/*', '/a', 1, undefined],
  ['/a b/c/*', '/a%20b/c', 2, undefined],
  ['/a/*.tar.gz', '/a', 1, '.tar.gz'],
  ['/a/*.ü', '/a', 1, '.%C3%BC'],
  ['/:user/files/*', undefined, 2, undefined],
  ['/*/*', undefined, 1, undefined],
] as const) {
  test(`the pattern ${text} is mounted at ${mount ?? 'a place that depends on the path'}`, () => {
    const pattern = parsePattern(text)
    assert.deepEqual([pattern.mount, pattern.depth, pattern.suffix], [mount, depth, suffix])
  })
}

for (const [text, fault] of [
  ['', /must begin with a slash/],
  ['a', /must begin with a slash/],
  ['*', /must begin with a slash/],
  ['/a?b', /\? and # cannot be in it/],
  ['/a#b', /\? and # cannot be in it/],
  ['/a*', /a \* that is neither a segment nor at the end/],
  ['/a*/b', /a \* that is neither a segment nor at the end/],
  ['/**', /a \* that is neither a segment nor at the end/],
  ['/*.a*', /a \* that is neither a segment nor at the end/],
  ['/a:', /a : that is neither a segment nor at the end/],
  ['/:1', /a : that is neither a segment nor at the end/],
  ['/:a/:a', /two parameters named a/],
  ['/:a:b', /nothing between two parameters/],
  ['/:a/*.php', /cannot have parameters before \*\.php/],
  ['/*/*.php', /cannot have parameters before \*\.php/],
  ['/a//b', /a segment that no path has/],
  ['/a/../b', /a segment that no path has/],
  ['/./a', /a segment that no path has/],
  ['/%2e%2E/a', /a segment that no path has/],
  ['/a\\b', /is no path/],
  ['/a%00', /is no path/],
  ['/a%5C', /is no path/],
  ['/a%zz', /is no path/],
] as const) {
  test(`${JSON.stringify(text)} is no pattern, and is quoted in the message`, () => {
    assert.throws(
      () => parsePattern(text),
      (error: Error) => {
        assert.ok(error instanceof TypeError)
        assert.match(error.message, fault)
        assert.ok(error.message.includes(JSON.stringify(text)))
        return true
      },
    )
  })
}
