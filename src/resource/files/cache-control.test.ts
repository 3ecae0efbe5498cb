import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cacheControlFor } from './cache-control.ts'

test('one text is for all files, none for none', () => {
  assert.equal(cacheControlFor('no-cache', '/a'), 'no-cache')
  assert.equal(cacheControlFor(undefined, '/a'), undefined)
  assert.equal(cacheControlFor({}, '/a'), undefined)
})

test('a pattern is an end, a beginning, a whole path, or all', () => {
  const cases = [
    ['*.css', '/a/b.css', true],
    ['*.css', 'b.css', true],
    ['*.css', '/a/b.css.map', false],
    ['*.min.js', '/x.min.js', true],
    ['/assets/*', '/assets/a/b', true],
    ['/assets/*', '/assets', false],
    ['/assets/*', '/assets-old/a', false],
    ['/assets/*', '/x/assets/a', false],
    ['assets/*', '/assets/a', true],
    ['/assets/v*', '/assets/v2/x', true],
    ['/robots.txt', '/robots.txt', true],
    ['robots.txt', '/robots.txt', true],
    ['/robots.txt', '/x/robots.txt', false],
    ['*', '/anything', true],
    ['/*', '/anything', true],
  ] as const
  for (const [pattern, path, fits] of cases)
    assert.equal(cacheControlFor({ [pattern]: 'hit' }, path), fits ? 'hit' : undefined, `${pattern} ${path}`)
})

test('the first pattern that fits counts, in the order given', () => {
  const rules = { '/a/*': 'one', '*.css': 'two', '*': 'three' }
  assert.equal(cacheControlFor(rules, '/a/x.css'), 'one')
  assert.equal(cacheControlFor(rules, '/b/x.css'), 'two')
  assert.equal(cacheControlFor(rules, '/b/x'), 'three')
})
