import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { appendFileSync, createReadStream, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { copyExample, serveExample } from '../support/example.ts'
import { makeFolder } from '../support/folder.ts'
import { needPeer } from '../support/peers.ts'
import { type Ran, run } from '../support/run.ts'

const LIMIT = { timeout: 180_000 }
const MEGABYTE = 1 << 20
const WHO = { name: 'A Reader', email: 'reader@example.org' }
const ENV = {
  ...{ GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
  ...{ GIT_AUTHOR_NAME: WHO.name, GIT_AUTHOR_EMAIL: WHO.email },
  ...{ GIT_COMMITTER_NAME: WHO.name, GIT_COMMITTER_EMAIL: WHO.email },
}

interface Served {
  readonly url: string
  /** The bare repository that `url` names. */
  readonly bare: string
  /** An empty folder to clone into. */
  readonly work: string
  /** Runs git and wants it to succeed. */
  git(cwd: string, ...args: string[]): Promise<string>
  /** Runs git, which may fail. */
  tried(cwd: string, ...args: string[]): Promise<Ran>
}

/** The example with an empty repository that everybody may push to; undefined where the test is skipped. */
async function serving(t: TestContext): Promise<Served | undefined> {
  const program = needPeer(t, 'git')
  if (program === undefined) return undefined
  const work = makeFolder()
  const env = { ...process.env, ...ENV, HOME: work }
  const tried = (cwd: string, ...args: string[]): Promise<Ran> => run(program, args, { cwd, env })
  const git = async (cwd: string, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await tried(cwd, ...args)
    assert.equal(code, 0, `git ${args.join(' ')}: ${stderr}`)
    return stdout.trim()
  }
  const folder = copyExample('git')
  const bare = join(folder, 'repositories/notes.git')
  mkdirSync(bare, { recursive: true })
  await git(bare, 'init', '--bare', '--initial-branch=main')
  await git(bare, 'config', 'http.receivepack', 'true')
  const { url } = await serveExample(t, folder)
  return { url: `${url}/git/notes.git`, bare, work, git, tried }
}

async function committed({ git }: Served, clone: string, name: string, content: string | Buffer): Promise<string> {
  writeFileSync(join(clone, name), content)
  await git(clone, 'add', name)
  await git(clone, 'commit', '--message', `Add ${name}`)
  return git(clone, 'rev-parse', 'HEAD')
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece)
  return hash.digest('hex')
}

test('a repository is cloned, pushed to and fetched from with real git', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const { url, bare, work, git } = served
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
  const { url, bare, work, git } = served
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
  const { url, bare, work, git } = served
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
  const { url, bare, work, git, tried } = served
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
    const response = await fetch(served.url + path)
    assert.ok(response.status >= 400, `${path}: ${response.status}`)
    assert.doesNotMatch(await response.text(), /defineConfig/)
  }
})
