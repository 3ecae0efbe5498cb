import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applicationOf } from './specification.ts'

test('what an application is known by holds nothing of its variables, and tells others apart', () => {
  const key = (secret: string): string => applicationOf({ command: 'a', env: { SECRET: secret } }, '/').key
  assert.ok(!key('hunter2').includes('hunter2'))
  assert.equal(key('hunter2'), key('hunter2'))
  assert.notEqual(key('hunter2'), key('hunter3'))
})

test('paths are those of the config, a bare name is one of PATH, and what is left out has its usual value', () => {
  const { key: _key, ...rest } = applicationOf('node a.mjs', '/srv')
  assert.deepEqual(rest, {
    name: 'app node a.mjs',
    command: ['node', 'a.mjs'],
    protocol: 'http',
    cwd: '/srv',
    env: {},
    connections: 128,
    limits: {},
    processes: { min: 1, max: 1 },
    timeouts: { start: 30_000, stop: 10_000, idle: 60_000 },
    reload: 'replace',
  })
  assert.equal(applicationOf('bin/a --x', '/srv').command[0], '/srv/bin/a')
  assert.equal(applicationOf({ command: ['/usr/bin/a', 'b c'], path: 'x' }, '/srv').cwd, '/srv/x')
  assert.equal(applicationOf({ command: 'a', processes: { min: 1, max: 4 } }, '/').connections, 16)
})

test('an application is the same where command, folder, environment, user and limits are', () => {
  const key = (more: object): string => applicationOf({ command: 'a', ...more }, '/').key
  for (const same of [
    { processes: 3 },
    { maxRequests: 5 },
    { timeouts: { start: 1 } },
    { connections: 9 },
    { queue: 1 },
  ]) {
    assert.equal(key(same), key({}), JSON.stringify(same))
  }
  assert.equal(key({ env: { a: '1', b: '2' } }), key({ env: { b: '2', a: '1' } }))
  for (const other of [{ env: { a: '1' } }, { path: 'x' }, { user: 'u' }, { group: 5 }, { limits: { files: 9 } }]) {
    assert.notEqual(key(other), key({}), JSON.stringify(other))
  }
  assert.notEqual(key({ protocol: 'scgi' }), key({}))
})

test('what cannot be is refused with words; a long command has a short name', () => {
  assert.throws(() => applicationOf({ command: [] }, '/'), /command is empty/)
  assert.throws(
    () => applicationOf({ command: 'a', processes: { min: 3, max: 2 } }, '/'),
    /min 3, which is more than max 2/,
  )
  assert.equal(applicationOf(`a ${'b'.repeat(100)}`, '/').name.length, 80)
})
