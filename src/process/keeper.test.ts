import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fill, makeFolder } from '../../test/support/folder.ts'
import { Keeper } from './keeper.ts'

const SOON = { timeout: 20_000 }

test('a keeper that cannot be started is told once, with what to do', SOON, async (t) => {
  const folder = makeFolder()
  const told: string[] = []
  const shell = join(folder, 'no-shell')
  const keeper = new Keeper(folder, 'token', (why) => void told.push(why), shell)
  t.after(() => keeper.close())
  // A shell that ends at once shows how often it is tried.
  fill(folder, { shell: '#!/bin/sh\necho again >> "$4/tries"; exit 3\n' })
  chmodSync(join(folder, 'shell'), 0o755)
  const ending = new Keeper(folder, 'token', (why) => void told.push(why), join(folder, 'shell'))
  t.after(() => ending.close())
  const tries = (): number => {
    const file = join(folder, 'tries')
    return existsSync(file) ? readFileSync(file, 'utf8').split('again').length - 1 : 0
  }
  while (tries() < 3) await pause(20)
  assert.deepEqual(told.toSorted(), [
    `cannot be started (spawn ${shell} ENOENT): ${shell} must be there`,
    'ended with exit code 3',
  ])
})
