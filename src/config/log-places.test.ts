import assert from 'node:assert/strict'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { logPaths } from './log-places.ts'

test('the files of logs are what a config names, and what SQLite keeps beside a database', () => {
  const base = resolve('/site')
  const config = {
    routes: [],
    log: ['json', { to: { file: 'a.log' } }, { to: { sql: { file: 'b.db' } } }, { logRequest: () => undefined }],
    errorLog: { to: { file: '/else/c.log' } },
  } as const
  const names = ['a.log', 'b.db', 'b.db-wal', 'b.db-shm', 'b.db-journal']
  assert.deepEqual(logPaths(config, base), [...names.map((name) => join(base, name)), resolve('/else/c.log')])
})
