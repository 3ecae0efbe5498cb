import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { ask } from './support/client.ts'
import { startOriel } from './support/command.ts'
import { copyExample } from './support/example.ts'
import { fill, makeFolder } from './support/folder.ts'
import { until } from './support/production.ts'
import { openDatabase } from './support/sqlite.ts'

/* The examples, as they are: notes that an object guards, and an object that logs into SQL and raises an alarm. */

const SOON = { timeout: 60_000 }
const PACKAGE = join(import.meta.dirname, '../..')
const HASH = `{SHA}${createHash('sha1').update('secret').digest('base64')}`

function as(name: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${name}:secret`).toString('base64')}` }
}

/** Who is on call: keeps the pages that come. */
async function onCall(t: TestContext) {
  const pages: Record<string, unknown>[] = []
  const server = createServer(async (request, response) => {
    pages.push(JSON.parse(await text(request)) as Record<string, unknown>)
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { pages, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}

/** The example with Oriel and SQLite installed beside it, served by its config. @param route One more. */
async function served(t: TestContext, alarm: string, route: string = '') {
  const folder = copyExample('published')
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(PACKAGE, join(folder, 'node_modules/oriel'))
  symlinkSync(join(PACKAGE, 'node_modules/libsql'), join(folder, 'node_modules/libsql'))
  const config = readFileSync(join(folder, 'notes.config.ts'), 'utf8')
    .replace('port: 8080', "port: 0, host: '127.0.0.1'")
    .replace('routes: [', `routes: [${route}`)
  fill(folder, { htpasswd: `ann:${HASH}\nbob:${HASH}\n`, 'oriel.config.ts': config })
  const database = join(folder, 'log.db')
  const env = { ALARM_URL: alarm, XDG_RUNTIME_DIR: makeFolder() }
  const oriel = startOriel(t, ['serve'], folder, { env })
  return { oriel, url: await oriel.url(), database }
}

test('only its owner may PUT a note; all of it is logged, and a failure pages somebody', SOON, async (t) => {
  const { pages, url: alarm } = await onCall(t)
  const { oriel, url, database: file } = await served(t, alarm)
  const put = async (name: string, body: string, path = '/notes/one') =>
    (await ask(url, path, { method: 'PUT', body, headers: name === '' ? {} : as(name) })).status
  const statuses = [
    await put('', 'mine'),
    await put('ann', 'hers'),
    await put('bob', 'his'),
    await put('ann', 'hers too'),
    (await ask(url, '/notes/one', { method: 'DELETE', headers: as('bob') })).status,
  ]
  assert.deepEqual(statuses, [401, 201, 403, 204, 403])
  const note = await ask(url, '/notes/one')
  assert.deepEqual([note.status, String(note.body), note.headers['x-owner']], [200, 'hers too', 'ann'])
  for (const path of ['/gate@notes', '/log@office', '/notes@notes']) assert.equal((await ask(url, path)).status, 404)
  oriel.signal('SIGTERM')
  assert.equal((await oriel.ended).code, 0)
  const database = await openDatabase(file)
  t.after(() => database.close())
  const rows = database.all("SELECT method, uri, status, user FROM requests WHERE uri = '/notes/one' ORDER BY time")
  assert.deepEqual(rows, [
    { method: 'PUT', uri: '/notes/one', status: 401, user: null },
    { method: 'PUT', uri: '/notes/one', status: 201, user: 'ann' },
    { method: 'PUT', uri: '/notes/one', status: 403, user: null },
    { method: 'PUT', uri: '/notes/one', status: 204, user: 'ann' },
    { method: 'DELETE', uri: '/notes/one', status: 403, user: null },
    { method: 'GET', uri: '/notes/one', status: 200, user: null },
  ])
  assert.deepEqual(pages, [])
})

test('who is on call is paged when something fails', SOON, async (t) => {
  const { pages, url: alarm } = await onCall(t)
  const failing = "{ match: '/fails', resource: () => { throw new Error('on purpose') } },"
  const { url } = await served(t, alarm, failing)
  assert.equal((await ask(url, '/fails')).status, 500)
  await until(() => pages.length > 0)
  assert.deepEqual(pages, [{ method: 'GET', uri: '/fails', status: 500, error: 'Error: on purpose', failed: 1 }])
})
