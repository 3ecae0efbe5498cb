import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import { BufferedLines } from './buffered.ts'

function opened(): { path: string; fd: number } {
  const path = join(makeFolder(), 'log')
  return { path, fd: openSync(path, 'a') }
}

/** Waits until a file has what is expected, while `meanwhile` is done. */
async function has(path: string, text: string, meanwhile: () => void = () => undefined): Promise<void> {
  while (readFileSync(path, 'utf8') !== text) {
    meanwhile()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

test('lines are written together a moment after the first', { timeout: 20000 }, async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { path, fd } = opened()
  t.after(() => closeSync(fd))
  const lines = new BufferedLines(fd)
  lines.add('one\n')
  lines.add('two\n')
  assert.equal(readFileSync(path, 'utf8'), '')
  const later = (): void => t.mock.timers.tick(100)
  await has(path, 'one\ntwo\n', later)
  lines.add('three\n')
  await has(path, 'one\ntwo\nthree\n', later)
})

test('many lines are written at once, without waiting, and in order', { timeout: 20000 }, async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { path, fd } = opened()
  t.after(() => closeSync(fd))
  const lines = new BufferedLines(fd)
  const line = (i: number): string => `${i} ${'x'.repeat(1000)}\n`
  let text = ''
  for (let i = 0; i < 66; i++) {
    lines.add(line(i))
    text += line(i)
  }
  await has(path, text)
  assert.equal(lines.dropped, 0)
})

test('at the end what is left is written before the process goes on', (t) => {
  const { path, fd } = opened()
  t.after(() => closeSync(fd))
  const lines = new BufferedLines(fd)
  lines.add('last\n')
  lines.end()
  assert.equal(readFileSync(path, 'utf8'), 'last\n')
  lines.end()
  assert.equal(readFileSync(path, 'utf8'), 'last\n')
})

test('a destination that is gone costs its lines, counted, and nothing else', () => {
  const { fd } = opened()
  closeSync(fd)
  const lines = new BufferedLines(fd)
  lines.add('lost\n')
  lines.end()
  assert.equal(lines.dropped, 1)
})

test('a destination that takes nothing holds no more than some megabytes', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { fd } = opened()
  t.after(() => closeSync(fd))
  const lines = new BufferedLines(fd)
  // Nothing is written before the event loop turns: the same as a destination that takes nothing.
  for (let i = 0; i < 40; i++) lines.add('x'.repeat(1024 * 1024))
  assert.ok(lines.dropped >= 20 && lines.dropped < 40, `${lines.dropped}`)
})

test('a pipe that is read slowly gets every line, whole and in order', { skip: process.platform === 'win32' }, () => {
  const module = new URL('./buffered.js', import.meta.url).href
  const code = `
    const { BufferedLines } = await import(${JSON.stringify(module)})
    const lines = new BufferedLines(1)
    for (let i = 0; i < 20000; i++) lines.add(i + ' ' + 'x'.repeat(50) + '\\n')
    process.on('exit', () => process.exitCode = lines.dropped)`
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
    maxBuffer: 2 ** 24,
  })
  assert.equal(status, 0)
  const expected = Array.from({ length: 20000 }, (_, i) => `${i} ${'x'.repeat(50)}`)
  assert.deepEqual(stdout.trimEnd().split('\n'), expected)
})
