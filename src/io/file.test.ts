import assert from 'node:assert/strict'
import {
  appendFileSync,
  linkSync,
  renameSync,
  rmSync,
  type Stats,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder, patterned } from '../../test/support/folder.ts'
import { openFiles } from '../../test/support/open-files.ts'
import { FileChanged, FileReader, factsOf, readFile, sameFacts, stat } from './file.ts'

function factsAt(path: string) {
  return factsOf(stat(path))
}

/** Every way in which a file may stop being the one that it was. */
const CHANGES: readonly (readonly [string, (path: string) => void])[] = [
  ['is rewritten in place', (path) => writeFileSync(path, 'other')],
  ['grows', (path) => appendFileSync(path, 'more')],
  ['is cut off', (path) => truncateSync(path, 2)],
  ['is replaced by another', (path) => replace(path, 'other')],
]

function replace(path: string, content: string): void {
  writeFileSync(`${path}.new`, content)
  renameSync(`${path}.new`, path)
}

test('a whole file is read, an empty one too', async () => {
  const folder = makeFolder({ full: patterned(300_000), empty: '' })
  assert.deepEqual(
    Buffer.from(await readFile(join(folder, 'full'), await factsAt(join(folder, 'full')))),
    patterned(300_000),
  )
  assert.equal((await readFile(join(folder, 'empty'), await factsAt(join(folder, 'empty')))).byteLength, 0)
})

for (const [how, change] of CHANGES) {
  test(`a file that ${how} after its facts were taken is not read as the old one`, async () => {
    const path = join(makeFolder({ page: 'first' }), 'page')
    const facts = factsAt(path)
    change(path)
    await assert.rejects(readFile(path, facts), FileChanged)
    assert.equal(sameFacts(facts, factsAt(path)), false)
  })
}

test('a file that is written to while it is open is found changed', async () => {
  for (const [how, change] of CHANGES.slice(0, 3)) {
    const path = join(makeFolder({ page: 'first' }), 'page')
    const reader = FileReader.open(path, factsAt(path))
    change(path)
    assert.throws(() => reader.verify(), FileChanged, how)
    await reader.close()
  }
})

test('a file that is replaced or removed while it is open is read to its end', async () => {
  for (const lose of [replace, (path: string) => rmSync(path)]) {
    const path = join(makeFolder({ page: 'first' }), 'page')
    const reader = FileReader.open(path, factsAt(path))
    lose(path, 'other')
    const bytes = new Uint8Array(5)
    await reader.read(bytes, 0)
    reader.verify()
    await reader.close()
    assert.equal(Buffer.from(bytes).toString(), 'first')
  }
})

test('a file that loses this name but keeps another is found changed when it is written to by that', async () => {
  const folder = makeFolder({ page: 'first' })
  const path = join(folder, 'page')
  linkSync(path, join(folder, 'second-name'))
  const reader = FileReader.open(path, factsAt(path))
  rmSync(path)
  writeFileSync(join(folder, 'second-name'), 'other')
  assert.throws(() => reader.verify(), FileChanged)
  await reader.close()
})

test('reading past the end of a file tells that it was changed', async () => {
  const path = join(makeFolder({ page: 'first' }), 'page')
  const reader = FileReader.open(path, factsAt(path))
  await assert.rejects(reader.read(new Uint8Array(6), 0), FileChanged)
  await assert.rejects(reader.read(new Uint8Array(1), 99), FileChanged)
  await reader.close()
})

test('a link that took the place of a file is not followed', { skip: process.platform === 'win32' }, async () => {
  const folder = makeFolder({ page: 'first', secret: 'other' })
  const path = join(folder, 'page')
  const facts = factsAt(path)
  rmSync(path)
  symlinkSync(join(folder, 'secret'), path)
  await assert.rejects(readFile(path, facts), { code: 'ELOOP' })
})

test('no descriptor stays open, whatever goes wrong', { skip: process.platform !== 'linux' }, async () => {
  const folder = makeFolder({ page: 'first' })
  const path = join(folder, 'page')
  const facts = factsAt(path)
  await readFile(path, facts)
  await assert.rejects(readFile(path, { ...facts, size: 6 }), FileChanged)
  await assert.rejects(readFile(join(folder, 'gone'), facts), { code: 'ENOENT' })
  assert.deepEqual(openFiles(folder), [])
})

test('dates that no message can say become the first or the last that one can', () => {
  const stats = stat(makeFolder())
  for (const [mtimeMs, said] of [
    [1e17, '9999-12-31T23:59:59.000Z'],
    [-1e17, '0001-01-01T00:00:00.000Z'],
    [0, '1970-01-01T00:00:00.000Z'],
  ] as const) {
    const { mtime } = factsOf({ ...stats, mtimeMs } as Stats)
    assert.equal(new Date(mtime).toISOString(), said)
  }
})
