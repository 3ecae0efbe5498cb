import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../../../test/support/folder.ts'
import { Reports } from '../../../test/support/reports.ts'
import { openDatabase } from '../../../test/support/sqlite.ts'
import { openSink } from './open.ts'
import { loadOutlets } from './outlets.ts'
import type { SqlOptions } from './place.ts'

await loadOutlets([{ sql: { file: '' } }])

const WAITS = { timeout: 30_000 }

function opened(options: Partial<SqlOptions> = {}) {
  const folder = makeFolder()
  const file = join(folder, 'log.db')
  const reports = new Reports()
  const sink = openSink({ sql: { file: './log.db', ...options } }, folder, reports.report, {
    firstPause: 1,
    flush: 5_000,
  })
  return { file, reports, sink }
}

test('JSON lines become rows of a table that is made', WAITS, async () => {
  const { file, sink } = opened()
  sink.write(
    JSON.stringify({ time: 1, method: 'GET', uri: '/a\'b"', status: 200, aborted: false, backend: { exit: 1 } }),
  )
  sink.write(JSON.stringify({ method: 'POST', remoteIp: '::1', other: 'is not told' }))
  await sink.close()
  const database = await openDatabase(file)
  const rows = database.all('SELECT time, method, uri, status, aborted, backend, remote_ip FROM requests')
  assert.deepEqual(rows, [
    { time: 1, method: 'GET', uri: '/a\'b"', status: 200, aborted: 0, backend: '{"exit":1}', remote_ip: null },
    { time: null, method: 'POST', uri: null, status: null, aborted: null, backend: null, remote_ip: '::1' },
  ])
  assert.deepEqual(database.all('PRAGMA journal_mode'), [{ journal_mode: 'wal' }])
  database.close()
})

test('table and columns may have any name, and no text becomes SQL', WAITS, async () => {
  const table = 'x" (a); DROP TABLE requests; --'
  const { file, sink } = opened({ table, columns: { 'the "uri"': 'uri' } })
  const uri = "'); DROP TABLE requests; --"
  sink.write(JSON.stringify({ uri }))
  await sink.close()
  const database = await openDatabase(file)
  assert.deepEqual(database.all(`SELECT * FROM "${table.replaceAll('"', '""')}"`), [{ 'the "uri"': uri }])
  database.close()
})

test('rows that a table refuses are dropped, counted and told; the others are there', WAITS, async () => {
  const { file, reports, sink } = opened({ table: 't', columns: { uri: 'uri' } })
  const database = await openDatabase(file)
  database.exec('CREATE TABLE t (uri TEXT NOT NULL)')
  for (const line of ['{"uri":"/a"}', '{"method":"GET"}', 'no JSON', 'null', '{"uri":"/b"}']) sink.write(line)
  await sink.close()
  assert.equal(sink.dropped, 3)
  assert.deepEqual(database.all('SELECT uri FROM t'), [{ uri: '/a' }, { uri: '/b' }])
  assert.match(String(reports.all[0]?.fields['reason']), /do not fit/)
  database.close()
})

test('a database that somebody else has locked gets its rows when it is free', WAITS, async () => {
  const { file, reports, sink } = opened()
  const database = await openDatabase(file)
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE other (a); BEGIN IMMEDIATE')
  sink.write('{"uri":"/a"}')
  void sink.flush()
  await reports.told('cannot be written')
  assert.match(String(reports.all[0]?.fields['reason']), /locked/)
  database.exec('COMMIT')
  while ((await rowsOf(database)) === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  await sink.close()
  assert.equal(sink.dropped, 0)
  database.close()
})

async function rowsOf(database: { all(sql: string): unknown[] }): Promise<number> {
  return database.all("SELECT * FROM sqlite_master WHERE name = 'requests'").length === 0
    ? 0
    : database.all('SELECT * FROM requests').length
}

test('a database that cannot be is refused with what to do', () => {
  assert.throws(() => openSink({ sql: { file: 'absent/log.db' } }, makeFolder()), /has no folder: make/)
  const folder = makeFolder({ 'folder/': '' })
  assert.throws(() => openSink({ sql: { file: 'folder' } }, folder), /is a folder/)
})
