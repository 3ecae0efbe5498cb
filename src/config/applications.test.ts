import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import type { Route } from '../site/route.ts'
import { applicationsOf, checkApplications } from './applications.ts'

const source = { name: 'test' }

function named(...apps: Route['app'][]): string[] {
  return applicationsOf({ routes: apps.map((app) => ({ match: '/*', ...(app && { app }) })) }, '/', source).map(
    ({ name }) => name,
  )
}

test('routes that say the same have one application; one that says otherwise how it is run is refused', () => {
  assert.deepEqual(named('a', 'b', 'a', { command: 'a' }), ['app a', 'app b'])
  assert.throws(
    () => named('a', { command: 'a', processes: 2 }),
    /routes\[1\]\.app: is the same application as that of a route before/,
  )
  assert.throws(() => named('a | b'), /routes\[0\]\.app: has a \|/)
})

test('a program that is not there, or may not be executed, is named; so is a folder', () => {
  const base = makeFolder({ 'no.sh': '#!/bin/sh\n' })
  const check = (app: Route['app']): void =>
    checkApplications({ routes: [{ match: '/*', ...(app && { app }) }] }, base, source)
  check('sh -c true')
  check({ command: 'node x', env: { PATH: '/nowhere', ...process.env } as Record<string, string> })
  for (const [app, expected] of [
    ['nobody-has-this --x', /there is no program nobody-has-this on PATH/],
    [{ command: 'sh', env: { PATH: base } }, /there is no program sh on PATH/],
    ['A=b node x', /A=b is no program: variables go into env/],
    ['./no.sh', /there is no program .*no\.sh, or this user may not execute it/],
    ['./', /there is no program/],
    [{ command: 'sh', path: 'none' }, /there is no folder .*none/],
  ] as const) {
    assert.throws(() => check(app), expected)
  }
  writeFileSync(join(base, 'yes.sh'), '#!/bin/sh\n', { mode: 0o755 })
  check('./yes.sh')
})
