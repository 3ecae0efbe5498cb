import assert from 'node:assert/strict'
import { renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Middleware, type Server, serve } from '../../src/index.ts'
import { ask } from '../support/client.ts'
import { filesSite } from '../support/files-site.ts'
import { makeFolder, patterned } from '../support/folder.ts'
import { laterOf, type Manner, version, versionOf, Writer } from '../support/writer.ts'

const SMALL = 200_000
const LARGE = 3 * 1024 * 1024

/** Whether some content is a state that the file has had: one version, or the beginning of one while it is written. */
function isOneState(content: Buffer, manner: Manner, size: number): boolean {
  if (manner === 'append') {
    const grown = content.subarray(size).toString()
    return version(0, size).equals(content.subarray(0, size)) && /^(?:one more line\n)*$/.test(grown)
  }
  if (manner === 'truncate' && content.byteLength < size) {
    return content.byteLength === 0 || versionOf(content, content.byteLength) !== undefined
  }
  return versionOf(content, size) !== undefined
}

/** Whether it is what a file holds while the system lets its writer wait in the middle of a write. */
function interrupted(content: Buffer, writer: Writer): boolean {
  const later = laterOf(content, SMALL)
  return later !== undefined && !writer.wroteAtOnce(later)
}

async function served(t: TestContext, folder: string, middleware: readonly Middleware[] = []): Promise<Server> {
  const server = await serve({ port: 0, routes: [{ match: '/*', files: folder, middleware }] })
  t.after(() => server.close())
  return server
}

for (const manner of ['replace', 'rewrite', 'truncate', 'append'] as const) {
  test(`a small file that others ${manner} all the time is always served as it was at one moment`, async (t) => {
    let now = 1_000_000
    t.mock.method(performance, 'now', () => now)
    const folder = makeFolder()
    const writer = await Writer.start(join(folder, 'page.txt'), manner, SMALL)
    t.after(() => writer.stop())
    const site = filesSite(folder)
    let whole = 0
    for (let i = 0; i < 150; i++) {
      now += 1001
      const answers = await Promise.all([
        site.request('/page.txt'),
        site.request('/page.txt'),
        site.request('/page.txt'),
      ])
      for (const answer of answers) {
        assert.ok(answer.status === 200 || answer.status === 503, String(answer.status))
        if (answer.status === 503) continue
        const content = Buffer.from(await answer.bytes())
        if (isOneState(content, manner, SMALL)) whole++
        else if (interrupted(content, writer)) t.diagnostic('the writer was suspended in the middle of a write')
        else assert.fail(content.subarray(0, 40).toString())
      }
    }
    assert.ok(whole > 0)
  })

  test(`a large file that others ${manner} all the time never arrives as a mixture`, async (t) => {
    const folder = makeFolder()
    const writer = await Writer.start(join(folder, 'large.txt'), manner, LARGE)
    t.after(() => writer.stop())
    const server = await served(t, folder)
    let whole = 0
    for (let i = 0; i < 25; i++) {
      const answers = await Promise.all([ask(server.url, '/large.txt'), ask(server.url, '/large.txt')])
      for (const { status, body, complete } of answers) {
        assert.ok(status === 200 || status === 503 || !complete, String(status))
        if (status === 503 || !complete) continue
        assert.ok(isOneState(body, manner, LARGE), `${body.byteLength} ${body.subarray(0, 40)}`)
        whole++
      }
    }
    assert.ok(whole > 0, 'not one answer was complete')
  })
}

test('a large file that is replaced while it is sent arrives whole, as it was', async (t) => {
  const folder = makeFolder({ 'large.bin': patterned(32 * LARGE) })
  const server = await served(t, folder)
  let replaced = false
  const got = await ask(server.url, '/large.bin', {
    onData: () => {
      if (replaced) return
      replaced = true
      writeFileSync(join(folder, 'new'), 'new')
      renameSync(join(folder, 'new'), join(folder, 'large.bin'))
    },
  })
  assert.ok(got.complete && patterned(32 * LARGE).equals(got.body))
  assert.equal((await ask(server.url, '/large.bin')).body.toString(), 'new')
})

test('a large file that is rewritten while it is sent breaks off, and is told to have', async (t) => {
  const folder = makeFolder({ 'large.bin': patterned(32 * LARGE) })
  const server = await served(t, folder)
  let changed = false
  const got = await ask(server.url, '/large.bin', {
    onData: () => {
      if (!changed) writeFileSync(join(folder, 'large.bin'), patterned(32 * LARGE, 2))
      changed = true
    },
  })
  assert.equal(got.complete, false)
  assert.ok(got.body.byteLength < 32 * LARGE)
})

test('a large file that goes or changes before its first byte is a clean answer, not a broken one', async (t) => {
  const cases = [
    ['removed', (path: string) => rmSync(path), 404],
    ['rewritten', (path: string) => writeFileSync(path, 'other'), 503],
    ['cut off', (path: string) => truncateSync(path, 1000), 503],
  ] as const
  for (const [what, change, status] of cases) {
    const folder = makeFolder({ 'large.bin': patterned(LARGE) })
    const meanwhile: Middleware = (next) => async (request, connection) => {
      const answer = await next(request, connection)
      if (request.method === 'GET') change(join(folder, 'large.bin'))
      return answer
    }
    const server = await served(t, folder, [meanwhile])
    const got = await ask(server.url, '/large.bin')
    assert.equal(got.status, status, what)
    assert.equal(got.complete, true, what)
    if (status === 503) assert.equal(got.headers['retry-after'], '1')
  }
})
