import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, existsSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import { bindWithRights, type SocketRights } from './socket-mode.ts'

const posix = { skip: process.platform === 'win32', timeout: 20_000 }
const own = process.getgid?.() ?? 0

interface Bound {
  /** The rights of the socket when it was just bound, and when all was done. */
  readonly first: number
  readonly last: number
  readonly group: number
}

async function bound(t: TestContext, rights: SocketRights): Promise<Bound> {
  const path = join(makeFolder(), 'a.sock')
  const server = createServer()
  t.after(() => server.close())
  let first = 0
  bindWithRights(path, rights, () => {
    server.listen(path)
    first = statSync(path).mode & 0o777
    return server.listening
  })
  const { mode, gid } = statSync(path)
  await once(server, 'listening')
  return { first, last: mode & 0o777, group: gid }
}

test('a socket has its rights from the first moment on', posix, async (t) => {
  for (const mode of ['600', '0660', '0666', '0777', '0700', '0000']) {
    const { first, last } = await bound(t, { mode })
    assert.deepEqual([first, last], [Number.parseInt(mode, 8), Number.parseInt(mode, 8)], mode)
  }
})

test('with a group, only the owner may connect until the socket belongs to it', posix, async (t) => {
  for (const [given, expected] of [
    [undefined, 0o660],
    ['0666', 0o666],
    ['0060', 0o060],
  ] as const) {
    const { first, last, group } = await bound(t, { ...(given !== undefined && { mode: given }), group: String(own) })
    assert.equal(first & 0o077, 0)
    assert.equal(last, expected)
    assert.equal(group, own)
  }
})

test('root may give it to any group', { ...posix, skip: process.getuid?.() !== 0 }, async (t) => {
  assert.equal((await bound(t, { group: '4711' })).group, 4711)
})

test('the umask is what it was, whatever happens', posix, () => {
  const before = process.umask()
  bindWithRights('/nowhere', { mode: '0600' }, () => false)
  assert.equal(process.umask(), before)
  const failing = (): never => {
    throw new Error('no luck')
  }
  assert.throws(() => bindWithRights('/nowhere', { mode: '0600', group: '0' }, failing), /no luck/)
  assert.equal(process.umask(), before)
})

test('what could not be bound is left as it is: it is the file of somebody else', posix, () => {
  const path = join(makeFolder(), 'a.txt')
  writeFileSync(path, '')
  chmodSync(path, 0o644)
  bindWithRights(path, { mode: '0666', group: String(own) }, () => false)
  assert.equal(statSync(path).mode & 0o777, 0o644)
})

test('a group that is not there is told before anything is bound', posix, () => {
  const path = join(makeFolder(), 'a.sock')
  const server = createServer()
  assert.throws(
    () => bindWithRights(path, { group: 'no-such-group' }, () => server.listen(path).listening),
    /there is no group no-such-group/,
  )
  assert.equal(existsSync(path), false)
})
