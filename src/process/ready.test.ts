import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import { takesConnections } from './ready.ts'

const SOON = { timeout: 20_000 }

test('whether somebody takes connections is told by connecting', SOON, async (t) => {
  const path = join(makeFolder(), 's')
  assert.equal(await takesConnections(path), false)
  const server = createServer((socket) => socket.destroy()).listen(path)
  t.after(() => server.close())
  await once(server, 'listening')
  assert.equal(await takesConnections(path), true)
})

test('one that has no descriptor to connect with does not take others for deaf', SOON, () => {
  const code = `
    import { openSync } from 'node:fs'
    import { takesConnections } from ${JSON.stringify(new URL('ready.js', import.meta.url).href)}
    const path = process.argv[1]
    const before = await takesConnections(path)
    try { for (;;) openSync('/dev/null') } catch {}
    process.exitCode = before === false && (await takesConnections(path)) === undefined ? 42 : 1`
  const script = 'ulimit -n 100; exec "$@"'
  const args = ['-c', script, 'sh', process.execPath, '--input-type=module', '-e', code, join(makeFolder(), 's')]
  const { status, stderr } = spawnSync('/bin/sh', args, { encoding: 'utf8' })
  assert.equal(status, 42, stderr)
})
