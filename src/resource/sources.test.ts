import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sourceNames, suffixesOf } from './sources.ts'

const CASES = {
  '.php': {
    sources:
      'a.php A.PHP a.pHp a.phtml a.PHAR a.pht a.php5 a.php8 a.phps a.php~ a.php.bak a.php.old a.php.orig a.php.save a.PHP.BAK a.php.swp',
    files: 'a.txt a.html php a.phpx a.php.jpg a.php.txt a.jpg aphp a.inc',
  },
  '.cgi': { sources: 'a.cgi A.CGI a.cgi~', files: 'a.php axcgi a.cgi.txt' },
}

for (const [suffix, { sources, files }] of Object.entries(CASES)) {
  const isSource = sourceNames([suffix])
  test(`of ${suffix}, no source is taken for a file`, () => {
    for (const name of sources.split(' ')) assert.equal(isSource(`/srv/site/${name}`), true, name)
    for (const name of files.split(' ')) assert.equal(isSource(`/srv/site/${name}`), false, name)
  })
}

test('without a suffix each file is a source', () => {
  assert.equal(sourceNames([])('/srv/site/style.css'), true)
})

test('a suffix has its dot', () => {
  assert.deepEqual(suffixesOf('.php'), ['.php'])
  assert.deepEqual(suffixesOf(undefined), [])
  for (const wrong of ['php', '.', '', './x', '.a/b', '*.php']) assert.throws(() => suffixesOf(wrong), /is no suffix/)
})
