import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalPath } from '../../message/path.ts'
import { splits } from './split.ts'

const PHP = ['.php']

/** Each way to split a path as it came, `script|info`. */
function ways(path: string, suffixes: readonly string[]): string[] {
  return [...splits(canonicalPath(path) ?? 'refused', suffixes)].map(({ script, info }) => `${script}|${info}`)
}

/** Paths and the ways to split them at `.php`. */
const CASES: readonly (readonly [path: string, ...ways: string[]])[] = [
  ['/a.php', '/a.php|'],
  ['/a.php/', '/a.php|/'],
  ['/a.php/x', '/a.php|/x'],
  ['/d/a.php/x/y', '/d/a.php|/x/y'],
  ['/a.php/b.php', '/a.php|/b.php', '/a.php/b.php|'],
  // Seen for what they want to be; whether they run is decided by the very spelling.
  ['/a.PHP', '/a.PHP|'],
  ['/a.pHp/x', '/a.pHp|/x'],
  // Spelled in another way, and the same to a router and a guard.
  ['/a%2Ephp/x', '/a.php|/x'],
  ['/a.%70hp', '/a.php|'],
  ['/x/../a.php', '/a.php|'],
  ['/upload/evil.jpg/x.php', '/upload/evil.jpg/x.php|'],
  // No suffix at the end of a segment.
  ['/'],
  ['/a'],
  ['/a.phpx'],
  ['/a.php.jpg'],
  ['/a.php%20'],
  ['/a.php;x'],
  ['/a.php%0A'],
  ['/a.php%2Fx'],
  ['/.php'],
  ['/d/.php/x'],
  // Letters that some library folds to those of the suffix (GHSA-3g8v-8r37-cgjm, GHSA-v4h7-cj44-8fc8).
  ['/a.phⓟ'],
  ['/a.ｐｈｐ'],
  ['/a.𝗽𝗵𝗽/x'],
  ['/a.p%CA%B0p'],
  ['/\u212A.ph\u1D56'],
  // A character that grows when it is folded must not move the place of the split.
  ['/\u023A\u023A\u023A/x.php/i', '/%C8%BA%C8%BA%C8%BA/x.php|/i'],
  ['/\u0130.php/i', '/%C4%B0.php|/i'],
]

for (const [path, ...expected] of CASES) {
  test(`${JSON.stringify(path)} splits into ${expected.join(' or ') || 'nothing'}`, () => {
    assert.deepEqual(ways(path, PHP), expected)
  })
}

test('without a suffix each segment may be the script', () => {
  assert.deepEqual(ways('/a/b/c', []), ['/a|/b/c', '/a/b|/c', '/a/b/c|'])
  assert.deepEqual(ways('/a/', []), ['/a|/'])
  assert.deepEqual(ways('/', []), [])
})

test('several suffixes count alike', () => {
  assert.deepEqual(ways('/a.pl/b.cgi/c', ['.cgi', '.pl']), ['/a.pl|/b.cgi/c', '/a.pl/b.cgi|/c'])
})

test('NUL is refused before anything is split', () => {
  assert.equal(canonicalPath('/a.jpg%00.php'), undefined)
  assert.equal(canonicalPath('/a.php%00'), undefined)
})
