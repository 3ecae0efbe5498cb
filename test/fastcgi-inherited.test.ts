import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { renameSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from './support/folder.ts'
import { seenIn, WebServerEnd, whole } from './support/web-server-end.ts'

const SOON = { timeout: 20_000 }
const APPLICATION = join(import.meta.dirname, 'support/fastcgi-application.js')

for (const kind of ['unix', 'tcp'] as const) {
  test(
    `an application serves on the ${kind} socket that it finds on descriptor 0, and ends in peace`,
    SOON,
    async (t) => {
      const path = join(makeFolder({}), 'app.sock')
      const listening = kind === 'unix' ? createServer().listen(`${path}.first`) : createServer().listen(0, '127.0.0.1')
      await once(listening, 'listening')
      t.after(() => listening.close())
      // Closing it removes the name that it was made by.
      if (kind === 'unix') renameSync(`${path}.first`, path)
      const bound = listening.address()
      const address = bound !== null && typeof bound === 'object' ? `127.0.0.1:${bound.port}` : `unix:${path}`
      const { fd } = (listening as unknown as { _handle: { fd: number } })._handle
      const child = spawn(process.execPath, [APPLICATION], { stdio: [fd, 'pipe', 'inherit'] })
      t.after(() => child.kill('SIGKILL'))
      assert.ok(child.stdout !== null)
      const [line] = await once(child.stdout, 'data')
      assert.equal(String(line), 'descriptor 0\n')
      // It must be the child that accepts.
      listening.close()
      const end = await WebServerEnd.open(address)
      const came = await end.send(whole({ path: '/a' })).answer()
      assert.equal(String(seenIn(came).body), `/a ${child.pid}`)
      child.kill('SIGTERM')
      const [code, signal] = await once(child, 'exit')
      assert.deepEqual([code, signal], [0, null])
      await end.whenClosed()
    },
  )
}

test('without a socket on descriptor 0 an application says what to do', SOON, async (t) => {
  const child = spawn(process.execPath, [APPLICATION], { stdio: ['ignore', 'ignore', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  await once(child, 'close')
  assert.match(said, /TypeError: descriptor 0 is no socket: give listen, as in/)
})
