import '../support/watched-fs.ts'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { fill, makeFolder, patterned } from '../support/folder.ts'
import { openFiles } from '../support/open-files.ts'
import { hooks } from '../support/watched-fs.ts'
import { everythingIn, writable } from '../support/writable.ts'

/** Mounts a small file system of its own, where the system lets us; else the test says why not, and is skipped. */
function mounted(t: TestContext, options: string): string | undefined {
  const at = makeFolder({ 'disk/': '' })
  const disk = join(at, 'disk')
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk], { stdio: 'pipe' })
  } catch (error) {
    t.skip(`no file system can be mounted here: ${(error as { stderr?: Buffer }).stderr?.toString().trim() || error}`)
    return undefined
  }
  t.after(() => execFileSync('umount', ['-l', disk]))
  return realpathSync(disk)
}

test('a disk that is full is 507, the old file is whole, nothing is left, and the log says so', {
  timeout: 30_000,
}, async (t) => {
  const root = mounted(t, 'size=1m')
  if (root === undefined) return
  fill(root, { 'page.txt': 'old' })
  const { put, ask, under } = await writable(t, root)
  for (const headers of [{}, { 'Transfer-Encoding': 'chunked' }]) {
    assert.equal((await put('/page.txt', patterned(3_000_000), headers)).status, 507)
    assert.equal((await put('/new.txt', patterned(3_000_000), { ...headers, 'If-None-Match': '*' })).status, 507)
    while (openFiles(root).length > 0) await setImmediate()
    assert.deepEqual(everythingIn(root), ['page.txt'])
    assert.equal((await ask('GET', '/page.txt')).body.toString(), 'old')
  }
  const { event, fields } = await under.reported('disk is full')
  assert.equal(event, 'An upload was refused: the disk is full.')
  assert.equal(fields?.['folder'], root)
  assert.match(String(fields?.['error']), /ENOSPC/)
  assert.equal((await put('/small.txt', patterned(500_000))).status, 201)
})

test('a disk without room for one more name is 507', { timeout: 30_000 }, async (t) => {
  const root = mounted(t, 'nr_inodes=2')
  if (root === undefined) return
  const { put, ask } = await writable(t, root)
  assert.equal((await put('/a.txt', 'a')).status, 201)
  assert.equal((await put('/b.txt', 'b')).status, 507)
  assert.equal((await ask('MKCOL', '/c/')).status, 507)
  assert.deepEqual(everythingIn(root), ['a.txt'])
})

test('a disk that can only be read is 403, and the log says so', { timeout: 30_000 }, async (t) => {
  const root = mounted(t, 'size=1m')
  if (root === undefined) return
  fill(root, { 'page.txt': 'old', 'sub/': '' })
  execFileSync('mount', ['-o', 'remount,ro', root])
  const { ask, under } = await writable(t, root)
  for (const [method, path] of [
    ['PUT', '/page.txt'],
    ['PUT', '/new.txt'],
    ['DELETE', '/page.txt'],
    ['DELETE', '/sub/'],
    ['MKCOL', '/new/'],
  ] as const)
    assert.equal((await ask(method, path, method === 'PUT' ? { body: 'x' } : {})).status, 403, `${method} ${path}`)
  assert.equal((await under.reported('read-only')).fields?.['folder'], root)
})

for (const [code, status, words] of [
  ['ENOSPC', 507, 'the disk is full'],
  ['EDQUOT', 507, 'the quota is used up'],
  ['EFBIG', 413, 'no file can be so large'],
  ['EROFS', 403, 'read-only'],
  ['EACCES', 403, 'the server may not'],
  ['EIO', 500, 'The request failed'],
] as const) {
  for (const call of ['write', 'fsync', 'rename'] as const) {
    test(`${code} from ${call} is ${status}, the old file is whole, nothing is left, and the log says so`, {
      timeout: 30_000,
    }, async (t) => {
      const root = makeFolder({ 'page.txt': 'old' })
      const { put, under } = await writable(t, root)
      hooks.failing = { call, error: Object.assign(new Error(`${code}: said the test`), { code, syscall: call }) }
      t.after(() => {
        hooks.failing = undefined
      })
      assert.equal((await put('/page.txt', patterned(1_000_000))).status, status)
      await under.reported(words)
      while (openFiles(root).length > 0) await setImmediate()
      hooks.failing = undefined
      assert.deepEqual(everythingIn(root), ['page.txt'])
      assert.equal(readFileSync(join(root, 'page.txt'), 'utf8'), 'old')
    })
  }
}

test('where there are no hard links, a new file is still made by one only', { timeout: 30_000 }, async (t) => {
  const root = makeFolder()
  const { put } = await writable(t, root)
  hooks.failing = { call: 'linkSync', error: Object.assign(new Error('EPERM: said the test'), { code: 'EPERM' }) }
  t.after(() => {
    hooks.failing = undefined
  })
  const answers = await Promise.all([...Array(10).keys()].map((n) => put('/a', `by ${n}`, { 'If-None-Match': '*' })))
  const statuses = answers.map(({ status }) => status)
  assert.deepEqual(statuses.toSorted(), [201, ...Array(9).fill(412)])
  assert.equal(readFileSync(join(root, 'a'), 'utf8'), `by ${statuses.indexOf(201)}`)
  assert.deepEqual(everythingIn(root), ['a'])
})

test('a file that another process makes at the last moment is respected by If-None-Match: *', {
  timeout: 30_000,
}, async (t) => {
  const root = makeFolder()
  const { put } = await writable(t, root)
  hooks.failing = { call: 'linkSync', error: Object.assign(new Error('EEXIST: said the test'), { code: 'EEXIST' }) }
  t.after(() => {
    hooks.failing = undefined
  })
  assert.equal((await put('/a', 'x', { 'If-None-Match': '*' })).status, 412)
  assert.deepEqual(everythingIn(root), [])
})
