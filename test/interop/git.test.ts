import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { appendFileSync, createReadStream, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { committed, type GitSite, serveGit } from '../support/git-site.ts'

const LIMIT = { timeout: 180_000 }
const MEGABYTE = 1 << 20

/** The example with a repository that everybody may push to; undefined where the test is skipped. */
async function serving(t: TestContext): Promise<GitSite | undefined> {
  const site = await serveGit(t)
  await site?.git(site.bare, 'config', 'http.receivepack', 'true')
  return site
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece)
  return hash.digest('hex')
}

test('a repository is cloned, pushed to and fetched from with real git', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const { repository: url, bare, work, git } = served
  const [mine, theirs] = [join(work, 'mine'), join(work, 'theirs')]
  await git(work, 'clone', url, 'mine')
  await git(mine, 'switch', '--orphan', 'main')
  const first = await committed(served, mine, 'notes.txt', 'one\n')
  await git(mine, 'push', '--set-upstream', 'origin', 'main')
  assert.equal(await git(bare, 'rev-parse', 'main'), first)

  await git(work, 'clone', url, 'theirs')
  assert.equal(readFileSync(join(theirs, 'notes.txt'), 'utf8'), 'one\n')

  const second = await committed(served, mine, 'more.txt', 'two\n')
  await git(mine, 'tag', 'v1')
  await git(mine, 'push', '--follow-tags', 'origin', 'main', 'v1')
  await git(theirs, 'pull', '--tags')
  assert.equal(await git(theirs, 'rev-parse', 'v1'), second)
  await git(mine, 'push', '--delete', 'origin', 'v1')
  assert.equal(await git(work, 'ls-remote', '--tags', url), '')

  await git(work, 'clone', '--depth', '1', '--no-local', url, 'shallow')
  assert.equal(await git(join(work, 'shallow'), 'rev-list', '--count', 'HEAD'), '1')
  await git(join(work, 'shallow'), 'fetch', '--unshallow')
  assert.equal(await git(join(work, 'shallow'), 'rev-list', '--count', 'HEAD'), '2')
})

test('both versions of the protocol of git work, with many references told and asked for', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const { repository: url, bare, work, git } = served
  const mine = join(work, 'mine')
  await git(work, 'clone', url, 'mine')
  await git(mine, 'switch', '--orphan', 'main')
  const commit = await committed(served, mine, 'notes.txt', 'one\n')
  await git(mine, 'push', 'origin', 'main')
  // Names of references that are longer than the 64 KiB of a FastCGI record, and than any pipe.
  const names = Array.from({ length: 2000 }, (_, i) => `refs/tags/${'long-name-'.repeat(4)}${i}`)
  appendFileSync(
    join(bare, 'packed-refs'),
    names
      .sort()
      .map((name) => `${commit} ${name}\n`)
      .join(''),
  )
  for (const version of ['0', '2']) {
    await git(work, '-c', `protocol.version=${version}`, 'clone', url, `clone${version}`)
    const clone = join(work, `clone${version}`)
    assert.equal((await git(clone, 'tag')).split('\n').length, names.length)
    // With so many things that it has, git compresses what it asks.
    await committed(served, mine, `file${version}.txt`, version)
    await git(mine, 'push', 'origin', 'main')
    await git(clone, '-c', `protocol.version=${version}`, 'pull')
    assert.ok(existsSync(join(clone, `file${version}.txt`)))
  }
})

test('an object of 200 MB is pushed and cloned, and arrives as it was', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const { repository: url, bare, work, git } = served
  // Nothing is gained by compressing random bytes: git stores and sends them as they are.
  const settings = ['core.compression=0', 'pack.compression=0', 'core.bigFileThreshold=1m']
  const quick = settings.flatMap((setting) => ['-c', setting])
  for (const setting of settings) await git(bare, 'config', ...setting.split('='))
  await git(work, 'clone', url, 'mine')
  const mine = join(work, 'mine')
  await git(mine, 'switch', '--orphan', 'main')
  const large = join(mine, 'large.bin')
  for (let i = 0; i < 200; i++) appendFileSync(large, randomBytes(MEGABYTE))
  await git(mine, ...quick, 'add', 'large.bin')
  await git(mine, 'commit', '--message', 'Add large.bin')
  await git(mine, ...quick, 'push', 'origin', 'main')
  await git(work, ...quick, 'clone', '--branch', 'main', url, 'theirs')
  assert.equal(await sha256(join(work, 'theirs/large.bin')), await sha256(large))
})

test('git says itself what is wrong: no such repository, and a push that is not allowed', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const { repository: url, bare, work, git, tried } = served
  const nowhere = await tried(work, 'clone', `${url}-of-nobody`)
  assert.equal(nowhere.code, 128)
  assert.match(nowhere.stderr, /repository '.*' not found/)

  await git(work, 'clone', url, 'mine')
  const mine = join(work, 'mine')
  await git(mine, 'switch', '--orphan', 'main')
  await committed(served, mine, 'notes.txt', 'one\n')
  await git(bare, 'config', 'http.receivepack', 'false')
  const push = await tried(mine, 'push', 'origin', 'main')
  assert.equal(push.code, 128)
  assert.match(push.stderr, /403/)
})

test('a file outside of the repositories is not found, however it is asked for', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  for (const path of ['/../../oriel.config.ts', '/%2e%2e/%2e%2e/oriel.config.ts', '/..%2f..%2foriel.config.ts']) {
    const response = await fetch(served.repository + path)
    assert.ok(response.status >= 400, `${path}: ${response.status}`)
    assert.doesNotMatch(await response.text(), /defineConfig/)
  }
})
