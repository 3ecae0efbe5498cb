import assert from 'node:assert/strict'
import { test } from 'node:test'
import { suggestion } from './suggest.ts'

const KNOWN = ['listen', 'routes', 'errors', 'log', 'limits', 'timeouts', 'types', 'trustedProxies']

test('a word is suggested for its misspellings: a letter more, less, other, or swapped, and the case', () => {
  const cases = [
    ['route', 'routes'],
    ['routess', 'routes'],
    ['roates', 'routes'],
    ['ruotes', 'routes'],
    ['ROUTES', 'routes'],
    ['lgo', 'log'],
    ['trustedproxy', 'trustedProxies'],
    ['trustProxies', 'trustedProxies'],
    ['limts', 'limits'],
    ['tyeps', 'types'],
  ] as const
  for (const [word, meant] of cases) assert.equal(suggestion(word, KNOWN), meant, word)
})

test('of several words the nearest is suggested, of equals the first', () => {
  assert.equal(suggestion('limit', ['limbo', 'limits', 'timid']), 'limits')
  assert.equal(suggestion('cat', ['bat', 'rat']), 'bat')
  assert.equal(suggestion('ab', ['abcd', 'ba']), 'ba', 'a swap is one step, not two')
})

test('nothing is suggested where no word is near', () => {
  for (const word of ['xyzzy', 'middleware', 'x'.repeat(1000)]) assert.equal(suggestion(word, KNOWN), undefined, word)
  assert.equal(suggestion('routes', []), undefined)
})
