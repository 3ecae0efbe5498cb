import assert from 'node:assert/strict'
import { linkSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fill, makeFolder } from '../../test/support/folder.ts'
import { type FileFacts, factsOf } from '../io/file.ts'
import { withheldFiles } from './withheld.ts'

const posix = { skip: process.platform === 'win32' }

function factsAt(path: string): FileFacts {
  return factsOf(statSync(path))
}

test('a file is withheld by its path, by what its path leads to, and as a hard link', posix, () => {
  const folder = makeFolder({ 'key.pem': 'k', 'real/cert.pem': 'c', 'page.html': 'p' })
  symlinkSync('real/cert.pem', join(folder, 'cert.pem'))
  linkSync(join(folder, 'key.pem'), join(folder, 'copy.txt'))
  const withheld = withheldFiles([join(folder, 'key.pem'), join(folder, 'cert.pem')])
  const cases = [
    ['key.pem', true],
    ['real/cert.pem', true],
    ['cert.pem', true],
    ['copy.txt', true],
    ['page.html', false],
  ] as const
  for (const [name, expected] of cases) {
    const path = join(folder, name)
    assert.equal(withheld(path, factsAt(path)), expected, name)
  }
})

test('a file that is not there yet is withheld as soon as it is, and again under its new name', posix, (t) => {
  let now = 1000
  t.mock.method(performance, 'now', () => now)
  const folder = makeFolder({ 'page.html': 'p' })
  const path = join(folder, 'later.pem')
  const withheld = withheldFiles([path])
  assert.equal(withheld(join(folder, 'page.html'), factsAt(join(folder, 'page.html'))), false)
  fill(folder, { 'later.pem': 'k' })
  assert.equal(withheld(path, factsAt(path)), true, 'by its name at once')
  linkSync(path, join(folder, 'copy.txt'))
  now += 1001
  assert.equal(withheld(join(folder, 'copy.txt'), factsAt(join(folder, 'copy.txt'))), true)
  rmSync(path)
  now += 1001
  assert.equal(withheld(path, factsAt(join(folder, 'page.html'))), true, 'its name stays withheld')
})

test(
  'all that lies in a folder is withheld, by links too, and the folder itself; its neighbours are not',
  posix,
  (t) => {
    let now = 1000
    t.mock.method(performance, 'now', () => now)
    const folder = makeFolder({ 'real/ca/a.pem': 'k', 'real-not/page.html': 'p', 'page.html': 'p' })
    symlinkSync('real', join(folder, 'keys'))
    linkSync(join(folder, 'real/ca/a.pem'), join(folder, 'copy.txt'))
    const withheld = withheldFiles([], [join(folder, 'keys'), join(folder, 'later')])
    const told = (name: string): boolean => withheld(join(folder, name), factsAt(join(folder, name)))
    const names = ['real/ca/a.pem', 'keys/ca/a.pem', 'real/ca', 'real', 'copy.txt', 'real-not/page.html', 'page.html']
    assert.deepEqual(names.map(told), [true, true, true, true, true, false, false])
    fill(folder, { 'later/b.pem': 'k' })
    assert.equal(told('later/b.pem'), true, 'by its name at once')
    linkSync(join(folder, 'later/b.pem'), join(folder, 'copy.html'))
    now += 1001
    assert.equal(told('copy.html'), true)
  },
)

test('where nothing is to be withheld nothing is', () => {
  const folder = makeFolder({ 'page.html': 'p' })
  assert.equal(withheldFiles([])(join(folder, 'page.html'), factsAt(join(folder, 'page.html'))), false)
})

test(
  'a log is withheld, and what it is called when it was rotated, at once; what only begins like it is not',
  posix,
  () => {
    const folder = makeFolder({ 'real/page.html': 'p' })
    symlinkSync('real', join(folder, 'logs'))
    const withheld = withheldFiles([], [], [], [join(folder, 'logs/access.log')])
    const page = join(folder, 'real/page.html')
    assert.equal(withheld(page, factsAt(page)), false)
    for (const [name, expected] of [
      ['access.log', true],
      ['access.log.2026-11-21', true],
      ['access.log.2026-11-21.3', true],
      ['access.log.2026-11-21.3.gz', true],
      ['access.log.2026-11-21.gz.part', true],
      ['access.log.1', true],
      ['access.log.2.gz', true],
      ['access.log-20261121', true],
      ['access.log-20261121.zst', true],
      ['access.log.old', true],
      ['access.log.html', false],
      ['access.log.gzip.html', false],
      ['access.logs', false],
      ['my-access.log.1', false],
      ['sub/access.log.1', false],
    ] as const) {
      fill(folder, { [`real/${name}`]: 'l' })
      const path = join(folder, 'real', name)
      assert.equal(withheld(path, factsAt(path)), expected, name)
    }
  },
)
