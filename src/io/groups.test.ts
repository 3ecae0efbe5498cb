import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupId } from './groups.ts'

const posix = { skip: process.platform === 'win32' }

test('a group is found by its name, and a number is itself', posix, () => {
  assert.equal(groupId(process.platform === 'darwin' ? 'wheel' : 'root'), 0)
  assert.equal(groupId('0'), 0)
  assert.equal(groupId('4711'), 4711)
  assert.equal(groupId(4711), 4711)
})

test('a group that is not there is told', posix, () => {
  for (const name of ['no-such-group', '', '--help', 'a:b', 'root:', '-1', '1e3', '__proto__']) {
    assert.throws(() => groupId(name), { message: `there is no group ${name} on this machine` })
  }
})
