import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import { openFiles } from '../../test/support/open-files.ts'
import { Reports } from '../../test/support/reports.ts'
import { openDatabase } from '../../test/support/sqlite.ts'
import { flushSinks } from '../log/sinks/open.ts'
import { leaveErrorLog, withErrorLog } from './error-log.ts'

const WAITS = { timeout: 20_000 }

test('without an error log reports go where they went', async () => {
  const { report } = new Reports()
  assert.equal((await withErrorLog({ routes: [] }, '/')).report, undefined)
  assert.equal((await withErrorLog({ routes: [] }, '/', report)).report, report)
  assert.equal((await withErrorLog({ routes: [], report }, '/', () => undefined)).report, report)
})

test('a config that is only looked at makes no file; the first entry does', WAITS, async () => {
  const folder = makeFolder()
  const given = new Reports()
  const { report } = await withErrorLog({ routes: [], report: given.report, errorLog: { to: { file: 'log' } } }, folder)
  assert.ok(!existsSync(join(folder, 'log')))
  report?.('warn', 'Something.', { a: 1 })
  await flushSinks()
  assert.match(readFileSync(join(folder, 'log'), 'utf8'), /^[-\d]{10} [:\d]{8} warn: Something\. a=1\n$/)
  assert.deepEqual(given.all, [{ level: 'warn', event: 'Something.', fields: { a: 1 } }])
})

test('a place that cannot be opened is told of elsewhere, and fails nobody', async () => {
  const other = new Reports()
  const { report } = await withErrorLog(
    { routes: [], errorLog: { to: { file: 'absent/log' } } },
    makeFolder(),
    other.report,
  )
  report?.('error', 'x')
  assert.match(other.all[0]?.event ?? '', /error log cannot be opened/)
})

test('a table gets entries as rows', WAITS, async () => {
  const folder = makeFolder()
  const { report } = await withErrorLog({ routes: [], errorLog: { to: { sql: { file: 'log.db' } } } }, folder)
  report?.('error', 'Something.', { requestId: 'r', error: new TypeError('x') })
  await flushSinks()
  const database = await openDatabase(join(folder, 'log.db'))
  const rows = database.all('SELECT level, event, request_id, error FROM errors')
  assert.deepEqual(rows, [{ level: 'error', event: 'Something.', request_id: 'r', error: 'TypeError: x' }])
  database.close()
})

test('onError is called, with and without an error log', async () => {
  for (const errorLog of [undefined, { to: () => undefined }]) {
    const told: string[] = []
    const other = new Reports()
    const onError = ({ event }: { event: string }): void => void told.push(event)
    const { report } = await withErrorLog({ routes: [], onError, ...(errorLog && { errorLog }) }, '/', other.report)
    report?.('error', 'wake up')
    report?.('warn', 'sleep')
    assert.deepEqual(told, ['wake up'])
    assert.equal(other.all.length, errorLog === undefined ? 2 : 0)
  }
})

test(
  'an error log that is left is closed with all that was written; what comes late opens it for itself',
  WAITS,
  async () => {
    const folder = makeFolder()
    const { report } = await withErrorLog({ routes: [], errorLog: { to: { file: 'log' } } }, folder)
    report?.('warn', 'First.')
    assert.deepEqual(openFilesHere(folder), process.platform === 'linux' ? [join(folder, 'log')] : [])
    await leaveErrorLog(report)
    assert.match(readFileSync(join(folder, 'log'), 'utf8'), /First\.\n$/)
    assert.deepEqual(openFilesHere(folder), [])
    report?.('warn', 'Late.')
    await leaveErrorLog(report)
    assert.match(readFileSync(join(folder, 'log'), 'utf8'), /First\.\n.*Late\.\n$/)
    assert.deepEqual(openFilesHere(folder), [])
    await leaveErrorLog(new Reports().report)
  },
)

function openFilesHere(folder: string): string[] {
  return process.platform === 'linux' ? openFiles(folder) : []
}
