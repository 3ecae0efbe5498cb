#!/usr/bin/env node
// An object that logs: a row of an SQLite table for each exchange, and a page to whoever is on call when one failed.
import { publish } from 'oriel'

const { LOG_DATABASE = 'log.db', ALARM_URL = '' } = process.env
const { DatabaseSync: Database = (await import('libsql')).default } = process.getBuiltinModule('node:sqlite') ?? {}

class Log {
  #insert
  #paging = false
  #failed = 0

  constructor(file) {
    const database = new Database(file)
    database.exec('PRAGMA journal_mode = WAL')
    database.exec(
      'CREATE TABLE IF NOT EXISTS requests (time REAL, request_id TEXT PRIMARY KEY, method TEXT, uri TEXT, status INTEGER, user TEXT, duration REAL)',
    )
    // A batch may come twice, where the answer to it was lost.
    this.#insert = database.prepare('INSERT OR IGNORE INTO requests VALUES (?, ?, ?, ?, ?, ?, ?)')
  }

  logRequest({ time, requestId, method, uri, status, user, duration, aborted, error }) {
    this.#insert.run(time, requestId, method, uri, status, user ?? null, duration)
    // An answer that was cut had begun well; who is refused has failed himself.
    if (status >= 500 || (status < 400 && (aborted || error !== undefined)))
      void this.#page({ method, uri, status, error })
  }

  info() {
    return { description: 'Writes down what happens, and pages whoever is on call.' }
  }

  /** One page at a time: what fails meanwhile is counted. */
  async #page(failure) {
    this.#failed++
    if (ALARM_URL === '' || this.#paging) return
    this.#paging = true
    const failed = this.#failed
    this.#failed = 0
    try {
      await fetch(ALARM_URL, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ ...failure, failed }),
        signal: AbortSignal.timeout(10_000),
      })
    } catch (cause) {
      console.error(`nobody was paged: ${cause}`)
    } finally {
      this.#paging = false
    }
  }
}

await publish('office', { log: new Log(LOG_DATABASE) })
