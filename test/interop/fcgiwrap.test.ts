import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ask } from '../support/client.ts'
import { copyExample, type ServedExample, serveExample } from '../support/example.ts'
import { startFcgiwrap } from '../support/fastcgi-programs.ts'
import { fill, patterned } from '../support/folder.ts'

const LIMIT = { timeout: 60_000 }
const DIGEST = '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\n"\nsha256sum\n'

interface Served extends ServedExample {
  readonly folder: string
}

async function serving(t: TestContext, more: Readonly<Record<string, string>> = {}): Promise<Served | undefined> {
  const wrap = await startFcgiwrap(t, 2)
  if (wrap === undefined) return undefined
  const folder = copyExample('fcgiwrap')
  fill(join(folder, 'cgi-bin'), more)
  for (const name of Object.keys(more)) chmodSync(join(folder, 'cgi-bin', name), 0o755)
  return { ...(await serveExample(t, folder, { 'unix:/run/fcgiwrap.socket': `unix:${wrap.socket}` })), folder }
}

test('fcgiwrap runs the program that Oriel names, with the path after it', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  const { body, status } = await ask(served.url, '/cgi-bin/environment.sh/a%20path?and=query')
  assert.equal(status, 200, body.toString())
  const told = new Map(
    body
      .toString()
      .split('\n')
      .map((line) => line.split(/=(.*)/s, 2) as [string, string]),
  )
  const expected = {
    SCRIPT_FILENAME: join(served.folder, 'cgi-bin/environment.sh'),
    SCRIPT_NAME: '/cgi-bin/environment.sh',
    PATH_INFO: '/a path',
    QUERY_STRING: 'and=query',
    REQUEST_METHOD: 'GET',
  }
  for (const [name, value] of Object.entries(expected)) assert.equal(told.get(name), value, name)
})

test('a body reaches the program whole, with its size told and without', LIMIT, async (t) => {
  const served = await serving(t, { 'digest.sh': DIGEST })
  if (served === undefined) return
  const body = patterned(900_000)
  const digest = createHash('sha256').update(body).digest('hex')
  for (const headers of [{}, { 'transfer-encoding': 'chunked' }]) {
    const { body: said } = await ask(served.url, '/cgi-bin/digest.sh', { method: 'POST', body, headers })
    assert.equal(said.toString(), `${digest}  -\n`)
  }
})

test('a program that is missing or may not be run is no success', LIMIT, async (t) => {
  const served = await serving(t)
  if (served === undefined) return
  fill(join(served.folder, 'cgi-bin'), { 'plain.sh': DIGEST })
  const statuses = await Promise.all(
    ['nowhere.sh', 'plain.sh'].map(async (name) => (await ask(served.url, `/cgi-bin/${name}`)).status),
  )
  for (const status of statuses) assert.ok(status === 403 || status === 404, String(status))
})
