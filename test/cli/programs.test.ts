import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { LINUX, processesWith, writeScripts } from '../support/cgi-site.ts'
import { startOriel } from '../support/command.ts'
import { makeFolder } from '../support/folder.ts'
import { until } from '../support/production.ts'

const CONFIG = { listen: [{ port: 0 }], routes: [{ match: '/*', cgi: 'cgi-bin' }] }

test('a server that is ended at once takes its programs with it, also those that ignore TERM', LINUX, async (t) => {
  const folder = makeFolder({ 'oriel.config.json': JSON.stringify(CONFIG) })
  writeScripts(join(folder, 'cgi-bin'), { 'deaf.cgi': 'trap "" TERM; sleep 1000' })
  const oriel = startOriel(t, ['serve'], folder)
  const url = await oriel.url()
  const waiting = fetch(new URL('/deaf.cgi', url))
  const cut = assert.rejects(waiting)
  await until(() => processesWith(join(folder, 'cgi-bin')).length === 1)
  oriel.signal('SIGTERM')
  await until(() =>
    fetch(new URL('/none', url)).then(
      () => false,
      () => true,
    ),
  )
  oriel.signal('SIGTERM')
  assert.equal((await oriel.ended).code, 143)
  await cut
  await until(() => processesWith(join(folder, 'cgi-bin')).length === 0)
})
