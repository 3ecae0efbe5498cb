import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startEngine } from '../support/engine.ts'
import { makeFolder, patterned } from '../support/folder.ts'
import { openFiles } from '../support/open-files.ts'
import type { RawClient } from '../support/raw-client.ts'
import { everythingIn, inTheMaking, type Writable, writable } from '../support/writable.ts'

/** How an upload can end before its time, once a part of it has come. */
const ENDINGS: readonly (readonly [how: string, framing: string, end: (client: RawClient) => void, status?: number])[] =
  [
    ['the client resets the connection', 'Content-Length: 1000000', (client) => client.socket.resetAndDestroy()],
    ['the client goes', 'Content-Length: 1000000', (client) => client.destroy()],
    ['the client ends its side', 'Content-Length: 1000000', (client) => client.end(), 400],
    ['the client goes within a chunk', 'Transfer-Encoding: chunked', (client) => client.destroy()],
    ['the client ends its side before the last chunk', 'Transfer-Encoding: chunked', (client) => client.end(), 400],
    ['a chunk is malformed', 'Transfer-Encoding: chunked', (client) => client.send('x\r\n'), 400],
    ['the content is too large', 'Transfer-Encoding: chunked', (client) => client.send(chunk(2_000_000)), 413],
  ]

function chunk(size: number): string {
  return `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`
}

/** Begins an upload of 200,000 bytes and more, and waits until the server writes. */
async function begun(t: TestContext, { under }: Writable, root: string, framing: string): Promise<RawClient> {
  const client = await under.connect()
  client.send(`PUT /page.txt HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n${framing}\r\n\r\n`)
  await client.until((text) => text.includes('100 Continue\r\n\r\n'))
  await until(t, () => inTheMaking(root).length === 1)
  client.send(framing.startsWith('T') ? chunk(200_000) : patterned(200_000))
  return client
}

/** Waits for what nobody announces: looks again each time that the loop has gone round. */
async function until(t: TestContext, holds: () => boolean): Promise<void> {
  while (!holds() && !t.signal.aborted) await new Promise((resolve) => setImmediate(resolve))
}

for (const [how, framing, end, status] of ENDINGS) {
  for (const there of [true, false]) {
    test(`where ${how}, ${there ? 'the old file is whole' : 'there is no file'}, and nothing is left`, {
      timeout: 20_000,
    }, async (t) => {
      const root = makeFolder(there ? { 'page.txt': 'old' } : {})
      const writing = await writable(t, root, {}, 1_500_000)
      const client = await begun(t, writing, root, framing)
      end(client)
      if (status !== undefined) await client.until((text) => text.includes(` ${status} `))
      await writing.under.logged(1)
      await until(t, () => inTheMaking(root).length === 0 && openFiles(root).length === 0)
      assert.deepEqual(everythingIn(root), there ? ['page.txt'] : [])
      if (there) assert.equal(readFileSync(join(root, 'page.txt'), 'utf8'), 'old')
      assert.deepEqual(
        writing.under.reports.filter(({ level }) => level === 'error'),
        [],
      )
    })
  }
}

test('where the client is too slow, the old file is whole, and nothing is left', { timeout: 20_000 }, async (t) => {
  const root = makeFolder({ 'page.txt': 'old' })
  const routes = [{ match: '/*', files: { root, write: true } }]
  const under = await startEngine(t, { routes, timeouts: { body: 300 } })
  const client = await under.connect()
  client.send('PUT /page.txt HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc')
  await client.until((text) => text.includes(' 408 '))
  await until(t, () => openFiles(root).length === 0)
  assert.deepEqual(everythingIn(root), ['page.txt'])
  assert.equal(readFileSync(join(root, 'page.txt'), 'utf8'), 'old')
})

test('where the server stops, the old file is whole, and nothing is left', { timeout: 20_000 }, async (t) => {
  const root = makeFolder({ 'page.txt': 'old' })
  const under = await startEngine(t, {
    routes: [{ match: '/*', files: { root, write: true } }],
    timeouts: { stop: 50 },
  })
  const client = await under.connect()
  client.send('PUT /page.txt HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc')
  await until(t, () => inTheMaking(root).length === 1)
  await under.engine.close()
  await until(t, () => openFiles(root).length === 0)
  assert.deepEqual(everythingIn(root), ['page.txt'])
})
