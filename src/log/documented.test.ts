import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { logRecord } from '../../test/support/log-record.ts'
import { formatOf } from './format.ts'
import { NAMED } from './template-names.ts'

const PAGE = readFileSync('docs/logs.md', 'utf8')

test('docs/logs.md tells of every name, and of no other', () => {
  const rows = [...PAGE.matchAll(/^\| `(\w+)` \|/gm)].map((m) => m[1])
  assert.deepEqual(rows, [...NAMED.keys()])
})

test('every value of a record has a name', () => {
  const more = ['backend', 'requestField', 'responseField']
  for (const key of Object.keys(logRecord())) assert.ok(NAMED.has(key) || more.includes(key), key)
})

test('the example of a JSON line is one', () => {
  const [, example = ''] = /^```json\n(.*)\n```/m.exec(PAGE) ?? []
  const read = JSON.parse(example)
  const record = { ...read, time: Date.parse(read.time), backend: undefined }
  assert.equal(formatOf({ format: 'json' })(logRecord(record)), example)
})
