import '../support/watched-fs.ts'
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, test } from 'node:test'
import { serve } from '../../src/index.ts'
import { loadMediaTypes } from '../../src/resource/files/media-types.ts'
import { ask } from '../support/client.ts'
import { filesSite } from '../support/files-site.ts'
import { makeFolder, patterned } from '../support/folder.ts'
import { asked, hooks } from '../support/watched-fs.ts'

const MIB = 1024 * 1024

// Else what Node opens to load it would be counted.
await loadMediaTypes()

beforeEach(() => {
  hooks.date = undefined
  hooks.afterRead = undefined
  asked()
})

/** A clock that a test turns; one second after its facts were taken a kept file is compared with the disk. */
function turnedClock(t: { mock: { method(on: object, name: string, made: () => number): unknown } }) {
  let now = 5_000_000
  t.mock.method(performance, 'now', () => now)
  return (milliseconds: number): void => {
    now += milliseconds
  }
}

/** Files are dated now, and it stays now: within the tick of the clock, however long the test takes. */
function stoppedDate(t: { mock: { method(on: object, name: string, made: () => number): unknown } }): void {
  const now = Date.now()
  t.mock.method(Date, 'now', () => now)
  hooks.date = now
}

test('a small file is read once, and the disk is asked for it once a second at most', async (t) => {
  const pass = turnedClock(t)
  hooks.date = Date.now() - 60_000
  const site = filesSite(makeFolder({ 'page.html': 'page' }))
  asked()
  for (let i = 0; i < 100; i++) assert.equal(await (await site.request('/page.html')).text(), 'page')
  assert.equal(asked().open, 1)
  pass(999)
  await site.request('/page.html')
  assert.deepEqual(asked(), { stat: 0, fstat: 0, open: 0, read: 0, realpath: 0 })
  pass(1)
  for (let i = 0; i < 100; i++) await site.request('/page.html')
  const again = asked()
  assert.equal(again.stat, 1)
  assert.equal(again.open, 0)
})

test('thousands who ask for one file at the same time have it read once', async () => {
  const folder = makeFolder({ 'page.html': 'page', 'page.html.br': 'packed' })
  const site = filesSite(folder)
  hooks.date = Date.now() - 60_000
  asked()
  const answers = await Promise.all(Array.from({ length: 5000 }, () => site.request('/page.html')))
  for (const answer of answers) assert.equal(await answer.text(), 'page')
  const { open, stat } = asked()
  assert.equal(open, 2, 'the file and its compressed form')
  assert.ok(stat <= 4, `${stat} times asked`)
})

test('hundreds of connections that ask for one file at the same time have it read once', async () => {
  hooks.date = Date.now() - 60_000
  const server = await serve({ port: 0, routes: [{ match: '/*', files: makeFolder({ 'a.bin': patterned(MIB) }) }] })
  asked()
  const got = await Promise.all(Array.from({ length: 200 }, () => ask(server.url, '/a.bin')))
  for (const { body, status } of got) assert.ok(status === 200 && body.byteLength === MIB)
  assert.equal(asked().open, 1)
  await server.close()
})

test('a change is seen after a second, a removal too, and a file that comes at once', async (t) => {
  const pass = turnedClock(t)
  const folder = makeFolder({ 'page.html': 'one' })
  const site = filesSite(folder)
  const text = async (): Promise<string> => (await site.request('/page.html')).text()
  assert.equal(await text(), 'one')
  writeFileSync(join(folder, 'page.html'), 'two')
  assert.equal(await text(), 'one')
  pass(1000)
  assert.equal(await text(), 'two')
  rmSync(join(folder, 'page.html'))
  pass(1000)
  assert.equal((await site.request('/page.html')).status, 404)
  writeFileSync(join(folder, 'page.html'), 'three')
  assert.equal(await text(), 'three')
})

test('files up to one MiB are kept, larger ones are read each time', async () => {
  hooks.date = Date.now() - 60_000
  const site = filesSite(makeFolder({ 'kept.bin': patterned(MIB), 'not.bin': patterned(MIB + 1) }))
  asked()
  for (let i = 0; i < 3; i++) for (const path of ['/kept.bin', '/not.bin']) await (await site.request(path)).bytes()
  assert.equal(asked().open, 1 + 3)
})

test('nothing is kept without memory, and what is kept stays within it', async () => {
  hooks.date = Date.now() - 60_000
  const folder = makeFolder(
    Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${i}.bin`, patterned(100_000, i)])),
  )
  const reads = async (memory: number): Promise<number> => {
    const site = filesSite(folder, { memory })
    for (let i = 0; i < 40; i++) await (await site.request(`/${i}.bin`)).bytes()
    asked()
    // The last ones first: what was kept is used before it is pushed out.
    for (let i = 39; i >= 0; i--)
      assert.ok(patterned(100_000, i).equals(await (await site.request(`/${i}.bin`)).bytes()))
    return asked().open
  }
  assert.equal(await reads(0), 40)
  assert.equal(await reads(5_000_000), 0)
  const some = await reads(1_000_000)
  assert.ok(some >= 31 && some < 40, `${some} of 40 were read again where 9 find room`)
})

test('a file that is changed twice within one tick of the clock is served as it is now', async (t) => {
  const pass = turnedClock(t)
  stoppedDate(t)
  const folder = makeFolder({ 'page.html': 'one' })
  const site = filesSite(folder)
  const first = await site.request('/page.html')
  assert.equal(await first.text(), 'one')
  writeFileSync(join(folder, 'page.html'), 'two')
  pass(1000)
  const second = await site.request('/page.html', { headers: { 'If-None-Match': first.headers.get('etag') ?? '' } })
  assert.equal(second.status, 200)
  assert.equal(await second.text(), 'two')
})

test('a file that is rewritten while it is read is never a mixture, even where its dates do not show it', async (t) => {
  const folder = makeFolder({ 'page.html': 'a'.repeat(1000) })
  const path = join(folder, 'page.html')
  const site = filesSite(folder)
  stoppedDate(t)
  let reads = 0
  hooks.afterRead = () => {
    if (reads++ === 0) writeFileSync(path, 'b'.repeat(1000))
  }
  assert.equal(await (await site.request('/page.html')).text(), 'b'.repeat(1000))
  hooks.afterRead = () => writeFileSync(path, String(reads++).padStart(1000, 'x'))
  const never = await filesSite(folder).request('/page.html')
  assert.equal(never.status, 503)
  assert.equal(never.headers.get('retry-after'), '1')
})

test('a large file is not told until its dates would show another change', async () => {
  const folder = makeFolder({ 'large.bin': patterned(MIB + 1) })
  const site = filesSite(folder)
  hooks.date = Date.now()
  const one = await site.request('/large.bin')
  assert.ok(Date.now() - hooks.date > 20)
  assert.ok(patterned(MIB + 1).equals(await one.bytes()))
})

test('a file whose date is in the future, because the clock was set back, is served all the same', async () => {
  const folder = makeFolder({ 'large.bin': patterned(MIB + 1) })
  hooks.date = Date.now() + 3_600_000
  assert.equal((await filesSite(folder).request('/large.bin')).status, 200)
})

test('a folder that is listed, and a path that leads nowhere, take no memory of files', async () => {
  hooks.date = Date.now() - 60_000
  const site = filesSite(makeFolder({ 'page.html': 'page' }), { listing: true, memory: 100_000 })
  await site.request('/page.html')
  for (let i = 0; i < 500; i++) assert.equal((await site.request(`/none-${i}`)).status, 404)
  for (let i = 0; i < 500; i++) await site.request(`/?${i}`)
  asked()
  await site.request('/page.html')
  assert.equal(asked().open, 0)
})
