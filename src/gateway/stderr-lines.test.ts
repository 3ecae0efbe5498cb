import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reports } from '../../test/support/reports.ts'
import { StderrLines } from './stderr-lines.ts'

function lines(...pieces: readonly string[]): string[] {
  const reports = new Reports()
  const stderr = new StderrLines(reports.report, {})
  for (const piece of pieces) stderr.push(Buffer.from(piece))
  stderr.end()
  return reports.all.map(({ fields }) => String(fields['stderr'] ?? `${fields['bytes']} more`))
}

test('each line is told once, in whatever pieces it comes; empty ones are not', () => {
  assert.deepEqual(lines('one\r\n\ntw', 'o\nth', 'ree'), ['one', 'two', 'three'])
})

test('of a flood so many bytes and so many lines are told, and how much followed', () => {
  assert.deepEqual(lines('x'.repeat(70_000)).slice(-2), ['x'.repeat(4096), `${70_000 - 65_536} more`])
  const short = lines('ab\n'.repeat(1500))
  assert.equal(short.length, 1001)
  assert.equal(short.at(-1), '1000 more')
})
