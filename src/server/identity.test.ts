import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { ConfigError } from '../config/config.ts'
import { type Identity, identityFor, isRoot } from './identity.ts'

const SOON = { timeout: 20_000 }
const MODULE = new URL('./identity.js', import.meta.url).href

/** What a process of its own says after it has become somebody: its real and effective ids and its groups, or the error. */
function become(identity: Identity): { ids: number[]; groups: number[] } | string {
  const code = `import { become } from ${JSON.stringify(MODULE)}
    try {
      become(${JSON.stringify(identity)})
      const ids = [process.getuid(), process.geteuid(), process.getgid(), process.getegid()]
      console.log(JSON.stringify({ ids, groups: process.getgroups() }))
    } catch (error) {
      console.log(JSON.stringify(error.message))
    }`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' })
  assert.equal(stderr, '')
  return JSON.parse(stdout) as { ids: number[]; groups: number[] } | string
}

function needRoot(t: TestContext): boolean {
  if (!isRoot()) t.skip('only root can become another user')
  return isRoot()
}

function idsOf(user: string): { uid: number; gid: number; groups: number[] } {
  const id = (...args: string[]): string => execFileSync('id', [...args, user], { encoding: 'utf8' }).trim()
  return { uid: Number(id('-u')), gid: Number(id('-g')), groups: id('-G').split(' ').map(Number) }
}

test('without a user nobody is become; a group alone is an error for root', SOON, (t) => {
  assert.equal(identityFor({ routes: [] }), undefined)
  if (!needRoot(t)) return
  assert.throws(() => identityFor({ routes: [], group: 'nogroup' }), ConfigError)
})

test('who is not root stays who it is', SOON, (t) => {
  if (isRoot()) return t.skip('these tests run as root')
  assert.equal(identityFor({ routes: [], user: 'root' }), undefined)
})

test('the group is that of the user, where none is named', SOON, (t) => {
  if (!needRoot(t)) return
  const { uid, gid } = idsOf('daemon')
  assert.deepEqual(identityFor({ routes: [], user: 'daemon' }), { user: 'daemon', group: gid })
  assert.deepEqual(identityFor({ routes: [], user: uid }), { user: uid, group: gid })
  assert.deepEqual(identityFor({ routes: [], user: uid, group: 'sys' }), { user: uid, group: 'sys' })
})

test('a user that there is not is told', SOON, (t) => {
  if (!needRoot(t)) return
  const unknown = (user: string | number, message: RegExp): void =>
    assert.throws(() => identityFor({ routes: [], user }), { name: 'ConfigError', message })
  unknown('nobody-of-this-name', /there is no user nobody-of-this-name/)
  unknown(54_321, /the user 54321 has no entry here: name the group too/)
  unknown('--help', /there is no user --help/)
})

test('all ids and groups are those of the user, and none of root is left', SOON, (t) => {
  if (!needRoot(t)) return
  const { uid, gid, groups } = idsOf('daemon')
  const became = become({ user: 'daemon', group: gid }) as { ids: number[]; groups: number[] }
  assert.deepEqual(became.ids, [uid, uid, gid, gid])
  assert.deepEqual(became.groups.toSorted(), groups.toSorted())
  for (const identity of [
    { user: uid, group: gid },
    { user: 54_321, group: 54_322 },
  ]) {
    const { user, group } = identity
    assert.deepEqual(become(identity), { ids: [user, user, group, group], groups: [group] })
  }
})

test('root is not given up by becoming root, and a group that there is not is an error', SOON, (t) => {
  if (!needRoot(t)) return
  assert.match(String(become({ user: 'root', group: 0 })), /could not give up its rights/)
  assert.match(String(become({ user: 'daemon', group: 'no-such-group' })), /no-such-group/)
})
