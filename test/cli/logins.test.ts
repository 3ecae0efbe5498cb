import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { ORIEL } from '../support/command.ts'
import { fill } from '../support/folder.ts'
import { basic } from '../support/passwords.ts'
import { Production } from '../support/production.ts'

const SOON = { timeout: 30_000, skip: process.platform === 'linux' ? false : 'workers are looked at in /proc' }

test('failed logins are counted over all workers, and told once', SOON, async (t) => {
  const library = pathToFileURL(join(ORIEL, '../../access/schemes/basic.js')).href
  const store = `{ authenticateUser: (name, password) => {
    if (password === 'secret') return { name, groups: [] }
    throw Object.assign(new Error(), { name: 'AuthenticationFailed' })
  } }`
  const site = new Production(t, '')
  fill(site.folder, {
    'oriel.config.mjs': `import { basicScheme } from ${JSON.stringify(library)}
      import { Response } from 'oriel'
      const scheme = basicScheme({ store: ${store} })
      const resource = () => new Response(String(process.pid))
      export default { workers: 3, listen: [{ port: 0 }], routes: [{ match: '/*', access: { scheme }, resource }] }`,
  })
  const oriel = site.serve()
  const url = await oriel.url()
  const statuses: number[] = []
  const pids = new Set<string>()
  // Each on a connection of its own, so that whichever worker is idle has it.
  for (let i = 0; i < 15; i++) {
    const authorization = basic('joe', `wrong ${i}`)
    statuses.push((await fetch(url, { headers: { Connection: 'close', authorization } })).status)
    const known = await fetch(url, { headers: { Connection: 'close', authorization: basic(`ann ${i}`, 'secret') } })
    assert.equal(known.status, 200)
    pids.add(await known.text())
  }
  assert.ok(pids.size > 1, 'several workers were asked')
  assert.deepEqual(statuses, [...Array(10).fill(401), ...Array(5).fill(429)])
  oriel.child.kill('SIGTERM')
  const { stderr } = await oriel.ended
  assert.equal(stderr.split('limits.logins').length, 2, stderr)
})
