import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applicationOf } from './specification.ts'

test('what an application is known by holds nothing of its variables, and tells others apart', () => {
  const key = (secret: string): string => applicationOf({ command: 'a', env: { SECRET: secret } }, '/').key
  assert.ok(!key('hunter2').includes('hunter2'))
  assert.equal(key('hunter2'), key('hunter2'))
  assert.notEqual(key('hunter2'), key('hunter3'))
})
