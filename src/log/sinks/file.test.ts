import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { makeFolder } from '../../../test/support/folder.ts'
import { Reports } from '../../../test/support/reports.ts'
import { FileOutlet } from './file.ts'
import { openSink, reopenSinks } from './open.ts'
import { loadOutlets } from './outlets.ts'
import { Queue } from './queue.ts'

await loadOutlets([{ file: '' }])

const WAITS = { timeout: 30_000 }
const POSIX = { ...WAITS, skip: process.platform === 'win32' }

function read(folder: string, name: string): string {
  return fs.readFileSync(join(folder, name), 'utf8')
}

/** All lines of a log and its old files, in the order of time. */
function linesIn(folder: string): string[] {
  const names = fs
    .readdirSync(folder)
    .filter((name) => name.startsWith('log.'))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  const text = [...names, 'log'].map((name) => {
    const bytes = fs.readFileSync(join(folder, name))
    return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
  })
  return text.join('').split('\n').slice(0, -1)
}

test('lines are appended to a file that its owner and its group may read', POSIX, async () => {
  const folder = makeFolder({ log: 'before\n' })
  const sink = openSink({ file: './log' }, folder)
  const other = openSink({ file: './other' }, folder)
  sink.write('one')
  sink.write('zwei ü')
  await sink.flush()
  assert.equal(read(folder, 'log'), 'before\none\nzwei ü\n')
  const umask = process.umask()
  assert.equal(fs.statSync(join(folder, 'other')).mode & 0o777, 0o640 & ~umask)
  await Promise.all([sink.close(), other.close()])
})

test('what cannot be a log is refused with what to do', POSIX, () => {
  const folder = makeFolder({ file: '', 'folder/': '' })
  const cases: readonly (readonly [file: string, why: RegExp])[] = [
    ['absent/log', /has no folder: make .*absent first/],
    ['folder', /is a folder: name a file in it/],
    ['file/log', /is no folder/],
  ]
  for (const [file, why] of cases) assert.throws(() => openSink({ file }, folder), why)
})

test('a line that somebody left without its end is ended first', WAITS, async () => {
  const folder = makeFolder({ log: 'torn' })
  const sink = openSink({ file: 'log' }, folder)
  sink.write('whole')
  await sink.close()
  assert.equal(read(folder, 'log'), 'torn\nwhole\n')
})

test('two users of one file share it, and the last one closes it', WAITS, async () => {
  const folder = makeFolder()
  const [one, two] = [openSink({ file: 'log' }, folder), openSink({ file: './log' }, folder)]
  one.write('1')
  await one.close()
  two.write('2')
  one.write('of an exchange that ended late')
  await two.close()
  assert.equal(read(folder, 'log'), '1\n2\nof an exchange that ended late\n')
})

test(
  'a file that was moved is opened anew when somebody says so; what was written before is in the old one',
  POSIX,
  async () => {
    const folder = makeFolder()
    const sink = openSink({ file: 'log' }, folder)
    sink.write('old')
    fs.renameSync(join(folder, 'log'), join(folder, 'moved'))
    reopenSinks()
    sink.write('new')
    await sink.close()
    assert.deepEqual([read(folder, 'moved'), read(folder, 'log')], ['old\n', 'new\n'])
  },
)

test('a file that was moved or deleted is noticed by itself', { ...POSIX, timeout: 60_000 }, async () => {
  for (const how of ['moved', 'deleted']) {
    const folder = makeFolder()
    const sink = openSink({ file: 'log' }, folder)
    if (how === 'moved') fs.renameSync(join(folder, 'log'), join(folder, 'moved'))
    else fs.unlinkSync(join(folder, 'log'))
    while (!fs.existsSync(join(folder, 'log'))) {
      sink.write('x')
      await sink.flush()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await sink.close()
    assert.match(read(folder, 'log'), /^(?:x\n)+$/)
  }
})

test('no line is lost or torn while files are rotated every few kilobytes under load', {
  ...WAITS,
  timeout: 60_000,
}, async () => {
  const folder = makeFolder()
  const sink = openSink({ file: 'log', rotate: { size: 5_000, keep: 100_000 } }, folder, undefined, { batch: 1_000 })
  for (let i = 0; i < 20_000; i++) {
    sink.write(`line ${i} ${'x'.repeat(i % 50)}`)
    if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  await sink.close()
  assert.equal(sink.dropped, 0)
  assert.ok(fs.readdirSync(folder).length > 50)
  const expected = Array.from({ length: 20_000 }, (_, i) => `line ${i} ${'x'.repeat(i % 50)}`)
  assert.deepEqual(linesIn(folder), expected)
  for (const name of fs.readdirSync(folder)) assert.ok(fs.statSync(join(folder, name)).size <= 6_000)
})

test('a new file is begun at midnight, and the old one has the name of its day', WAITS, async () => {
  const folder = makeFolder()
  let now = new Date(2026, 10, 22, 23, 59)
  const times = now.getTime() / 1000
  fs.writeFileSync(join(folder, 'log'), 'the day before\n')
  fs.utimesSync(join(folder, 'log'), times, times)
  const queue = new Queue(
    'log',
    new FileOutlet(join(folder, 'log'), { rotate: { days: 1 }, now: () => now }),
    () => undefined,
  )
  queue.write('still the same')
  await queue.flush()
  now = new Date(2026, 10, 23, 0, 0, 1)
  queue.write('the next')
  await queue.close()
  const names = fs.readdirSync(folder).sort()
  assert.deepEqual(names, ['log', 'log.2026-11-22'])
  assert.equal(read(folder, 'log.2026-11-22'), 'the day before\nstill the same\n')
  assert.equal(read(folder, 'log'), 'the next\n')
})

test('so many old files are kept as are wanted, the newest', WAITS, async () => {
  const folder = makeFolder({ 'log.2020-01-01': 'old\n', 'log.2020-01-02.gz': 'old', 'log-other': 'not ours' })
  const sink = openSink({ file: 'log', rotate: { size: 10, keep: 2 } }, folder, undefined, { batch: 1 })
  for (let i = 0; i < 5; i++) {
    sink.write(`line ${i}xx`)
    await sink.flush()
  }
  const left = (): string[] => fs.readdirSync(folder).filter((name) => /\d$|gz$/.test(name))
  while (left().length > 2) await new Promise((resolve) => setTimeout(resolve, 5))
  await sink.close()
  assert.deepEqual(linesIn(folder).slice(-3), ['line 2xx', 'line 3xx', 'line 4xx'])
  assert.ok(fs.existsSync(join(folder, 'log-other')))
})

test('old files are compressed after they have rested', WAITS, async () => {
  const folder = makeFolder()
  const text = `${'line of an old file\n'.repeat(50_000)}`
  fs.writeFileSync(join(folder, 'log.2020-01-01.3'), text)
  fs.writeFileSync(join(folder, 'log.2020-01-01.2.gz.part'), 'left over')
  const path = join(folder, 'log')
  const outlet = new FileOutlet(path, { rotate: { size: 10, compress: true }, rest: 0 })
  while (fs.existsSync(join(folder, 'log.2020-01-01.3'))) await new Promise((resolve) => setTimeout(resolve, 5))
  await outlet.close()
  assert.equal(gunzipSync(fs.readFileSync(join(folder, 'log.2020-01-01.3.gz'))).toString(), text)
})

test('a folder in which nothing can be renamed is told, and lines go on', POSIX, async (t) => {
  if (process.getuid?.() === 0) return t.skip('root may rename everything')
  const { report, all: told } = new Reports()
  const folder = makeFolder({ log: 'x'.repeat(100) })
  fs.chmodSync(folder, 0o500)
  const sink = openSink({ file: 'log', rotate: { size: 10 } }, folder, report)
  sink.write('on')
  await sink.close()
  fs.chmodSync(folder, 0o700)
  assert.match(read(folder, 'log'), /\non\n$/)
  assert.match(told[0]?.event ?? '', /cannot be rotated/)
})

test('root follows no link in a folder that others may write to', POSIX, (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root is in danger')
  const folder = makeFolder({ victim: 'secret\n' })
  fs.chmodSync(folder, 0o777)
  fs.symlinkSync(join(folder, 'victim'), join(folder, 'link'))
  fs.linkSync(join(folder, 'victim'), join(folder, 'hard'))
  assert.throws(() => openSink({ file: 'link' }, folder), /is a link, and others than root may write/)
  assert.throws(() => openSink({ file: 'hard' }, folder), /has other names too/)
  assert.equal(read(folder, 'victim'), 'secret\n')
})

test('a full device costs lines, counted, and is told with its reason', {
  ...WAITS,
  skip: !fs.existsSync('/dev/full'),
}, async () => {
  const { report, all: told } = new Reports()
  const sink = openSink({ file: '/dev/full' }, '/', report)
  for (let i = 0; i < 10; i++) sink.write('x')
  await sink.close()
  assert.equal(sink.dropped, 10)
  assert.match(String(told[0]?.fields['reason']), /ENOSPC/)
})

test('a pipe that nobody reads stops nothing, and a reader that comes later gets what waits', POSIX, async () => {
  const folder = makeFolder()
  const pipe = join(folder, 'pipe')
  assert.equal(spawnSync('mkfifo', [pipe]).status, 0)
  const sink = openSink({ file: pipe }, folder)
  sink.write('first')
  await sink.flush()
  const fd = fs.openSync(pipe, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
  const bytes = Buffer.alloc(100)
  assert.equal(bytes.toString('utf8', 0, fs.readSync(fd, bytes)), 'first\n')
  fs.closeSync(fd)
  await sink.close()
})
