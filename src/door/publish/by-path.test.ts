import assert from 'node:assert/strict'
import { test } from 'node:test'
import { objectByPath } from './by-path.ts'

const CASES: readonly (readonly [path: string, mount: string, object: string, objectMount: string])[] = [
  ['/echo@paul', '', 'echo', '/echo@paul'],
  ['/echo@paul/7/8', '', 'echo', '/echo@paul'],
  ['/echo/7', '', 'echo', '/echo'],
  ['/app/echo/7', '/app', 'echo', '/app/echo'],
  ['/app/echo@paul', '/app', 'echo', '/app/echo@paul'],
  // nginx says the whole path.
  ['/echo/7', '/echo/7', 'echo', '/echo'],
  ['/', '', '', '/'],
  ['/', '/', '', '/'],
  ['/app', '/app', 'app', '/app'],
  ['/@paul', '', '', '/@paul'],
]

for (const [path, mount, object, objectMount] of CASES) {
  test(`${path} behind ${mount || 'no mount'} names ${object || 'nothing'}`, () => {
    assert.deepEqual(objectByPath(path, mount), { object, mount: objectMount })
  })
}
