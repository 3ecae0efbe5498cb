import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fill, makeFolder } from '../../test/support/folder.ts'
import { Store } from './store.ts'

const posix = { skip: process.platform === 'win32' }
const DIRECTORY = 'https://ca.example:14000/dir?x=/../y'

function mode(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}

async function opened(): Promise<Store> {
  const store = new Store(join(makeFolder(), 'keys'), DIRECTORY)
  await store.open()
  return store
}

test('each authority has a folder of its own, whose name stays within the folder of keys', () => {
  const names = ['https://acme-v02.api.letsencrypt.org/directory', DIRECTORY, 'https://[::1]/../..', 'https://a/'].map(
    (directory) => new Store('/keys', directory).folder,
  )
  assert.deepEqual(names, [
    join('/keys', 'acme-v02.api.letsencrypt.org_directory'),
    join('/keys', 'ca.example_14000_dir'),
    join('/keys', '_1'),
    join('/keys', 'a'),
  ])
})

test(
  'folder and files are for their owner only, whatever the umask, and what was wider is narrowed',
  posix,
  async (t) => {
    const before = process.umask(0)
    t.after(() => process.umask(before))
    const store = await opened()
    await store.write('a.example', 'bundle')
    await store.accountKey()
    assert.deepEqual(
      [join(store.folder, '..'), store.folder, store.path('a.example'), join(store.folder, 'account.key')].map(mode),
      ['700', '700', '600', '600'],
    )
    chmodSync(store.folder, 0o755)
    chmodSync(store.path('a.example'), 0o644)
    await store.open()
    assert.deepEqual([store.folder, store.path('a.example')].map(mode), ['700', '600'])
  },
)

test('a bundle is read as it was written last, and one that was never written is undefined', async () => {
  const store = await opened()
  assert.equal(await store.read('a.example'), undefined)
  await store.write('a.example', 'one')
  await store.write('a.example', 'two')
  assert.equal(await store.read('a.example'), 'two')
  assert.deepEqual(readdirSync(store.folder), ['a.example.pem'])
})

test('who reads while it is written finds it whole, old or new', async () => {
  const store = await opened()
  const [old, young] = ['o'.repeat(300_000), 'n'.repeat(300_000)]
  await store.write('a.example', old)
  let writing = true
  const written = store.write('a.example', young).finally(() => {
    writing = false
  })
  while (writing) {
    const found = readFileSync(store.path('a.example'), 'utf8')
    assert.ok(found === old || found === young)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await written
  assert.equal(await store.read('a.example'), young)
})

test('a write that fails leaves the old bundle and nothing beside it', async () => {
  const store = await opened()
  // Nothing can be renamed over a folder with something in it.
  mkdirSync(join(store.path('a.example'), 'x'), { recursive: true })
  await assert.rejects(store.write('a.example', 'bundle'), { code: 'EISDIR' })
  assert.deepEqual(readdirSync(store.folder), ['a.example.pem'])
})

test('what a killed process left half written is removed at the next start, and nothing else', async () => {
  const store = await opened()
  fill(store.folder, { '1234.unfinished': 'half', 'a.example.pem': 'whole', 'notes.txt': 'mine' })
  await store.open()
  assert.deepEqual(readdirSync(store.folder).sort(), ['a.example.pem', 'notes.txt'])
})

test('the account key is made once', async () => {
  const store = await opened()
  const key = await store.accountKey()
  assert.match(key, /^-----BEGIN PRIVATE KEY-----\n/)
  assert.equal(await store.accountKey(), key)
})

test('a folder that is a file is told', async () => {
  const folder = makeFolder()
  writeFileSync(join(folder, 'keys'), '')
  await assert.rejects(new Store(join(folder, 'keys'), DIRECTORY).open(), { code: 'ENOTDIR' })
  assert.ok(existsSync(join(folder, 'keys')))
})
