import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { end, gone, statusOf, until } from '../support/production.ts'
import { app, cleared, LINUX, marked, serving, text } from '../support/supervised-site.ts'

/*
 * What a killed server leaves, any other one of this user ends that starts: beside other tests it would be one of theirs.
 */

for (const workers of [1, 2]) {
  test(`a server that is killed leaves no process and no folder, with ${workers} worker(s)`, LINUX, async (t) => {
    const { site, oriel, url } = await serving(t, app('ignores-term', 'processes: 2'), `workers: ${workers},`)
    await site.serving(2)
    const folder = await site.privateFolder(url)
    await text(url, '/fork')
    // Two processes, what one has forked, and the keeper.
    await until(() => marked(folder).length >= 6)
    oriel.signal('SIGKILL')
    await cleared(folder)
  })
}

test('what a server left that was killed with its keeper is ended by the next one', LINUX, async (t) => {
  const { site, oriel, url } = await serving(t, app('', 'processes: 2'))
  const applications = await site.serving(2)
  const folder = await site.privateFolder(url)
  await text(url, '/fork')
  const left = marked(folder)
  const keepers = left.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('oriel-keeper'))
  assert.equal(keepers.length, 1)
  for (const pid of [...keepers, oriel.child.pid ?? 0]) end(pid, 'SIGKILL')
  await gone(oriel.child.pid ?? 0)
  for (const pid of applications) assert.ok(statusOf(pid))
  const next = site.serve()
  const again = await next.url()
  await next.printed(/Processes of a supervisor that was killed are ended/)
  await cleared(folder)
  await site.stopped(next, await site.privateFolder(again))
})
