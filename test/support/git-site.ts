import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { copyExample, type ServedExample, serveExample } from './example.ts'
import { makeFolder } from './folder.ts'
import { needPeer } from './peers.ts'
import { type Ran, run } from './run.ts'

const WHO = { name: 'A Reader', email: 'reader@example.org' }
const ENV = {
  ...{ GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
  ...{ GIT_AUTHOR_NAME: WHO.name, GIT_AUTHOR_EMAIL: WHO.email },
  ...{ GIT_COMMITTER_NAME: WHO.name, GIT_COMMITTER_EMAIL: WHO.email },
}

/** The example of git with one empty repository, and a git to use it with. */
export interface GitSite extends ServedExample {
  /** The address of the repository. */
  readonly repository: string
  /** The bare repository itself. */
  readonly bare: string
  /** An empty folder to clone into. */
  readonly work: string
  /** Runs git and wants it to succeed. */
  git(cwd: string, ...args: string[]): Promise<string>
  /** Runs git, which may fail. */
  tried(cwd: string, ...args: string[]): Promise<Ran>
}

/**
 * Serves the example; undefined where the test is skipped.
 * @param changes What stands in its config, and what stands there instead.
 */
export async function serveGit(
  t: TestContext,
  changes: Readonly<Record<string, string>> = {},
): Promise<GitSite | undefined> {
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
  const served = await serveExample(t, folder, changes)
  return { ...served, repository: `${served.url}/git/notes.git`, bare, work, git, tried }
}

/** Clones the repository and commits its first file, `notes.txt`. @returns The folder of the clone. */
export async function cloned(
  site: GitSite,
  content: string | Buffer = 'one\n',
  from = site.repository,
): Promise<string> {
  const clone = join(site.work, 'mine')
  await site.git(site.work, 'clone', from, 'mine')
  await site.git(clone, 'switch', '--orphan', 'main')
  await committed(site, clone, 'notes.txt', content)
  return clone
}

/** Commits one more file. @returns The name of the commit. */
export async function committed(
  { git }: GitSite,
  clone: string,
  name: string,
  content: string | Buffer,
): Promise<string> {
  writeFileSync(join(clone, name), content)
  await git(clone, 'add', name)
  await git(clone, 'commit', '--message', `Add ${name}`)
  return git(clone, 'rev-parse', 'HEAD')
}
