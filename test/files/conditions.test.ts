import assert from 'node:assert/strict'
import { rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { serve } from '../../src/index.ts'
import { ask } from '../support/client.ts'
import { filesSite } from '../support/files-site.ts'
import { LONG_AGO, makeFolder, patterned } from '../support/folder.ts'

const root = makeFolder({ 'page.html': 'page', 'large.bin': patterned(1024 * 1024 + 7), 'bare/x.txt': 'x' })
const site = filesSite(root, { cacheControl: 'max-age=60', listing: true })
const THEN = LONG_AGO.toUTCString()
const BEFORE = new Date(LONG_AGO.getTime() - 1000).toUTCString()
const AFTER = new Date(LONG_AGO.getTime() + 1000).toUTCString()
/** The form of RFC 850, and that of asctime: recipients understand all three (RFC 9110 §5.6.7). */
const RFC850 = 'Saturday, 03-Feb-24 04:05:06 GMT'
const ASCTIME = 'Sat Feb  3 04:05:06 2024'

const etags = new Map<string, string>()
for (const path of ['/page.html', '/large.bin']) {
  etags.set(path, (await site.request(path)).headers.get('etag') ?? '')
}

/** `T` in a value stands for the ETag of the file. */
const CASES: readonly (readonly [headers: Readonly<Record<string, string>>, status: number])[] = [
  // §13.1.1 If-Match
  [{ 'If-Match': 'T' }, 200],
  [{ 'If-Match': '*' }, 200],
  [{ 'If-Match': '"x", T' }, 200],
  [{ 'If-Match': '"x"' }, 412],
  [{ 'If-Match': 'W/T' }, 412],
  [{ 'If-Match': 'nonsense' }, 412],
  // §13.1.2 If-None-Match, by weak comparison
  [{ 'If-None-Match': 'T' }, 304],
  [{ 'If-None-Match': 'W/T' }, 304],
  [{ 'If-None-Match': '*' }, 304],
  [{ 'If-None-Match': '"x",T' }, 304],
  [{ 'If-None-Match': '"x", "y, z"' }, 200],
  [{ 'If-None-Match': '"x"' }, 200],
  [{ 'If-None-Match': '' }, 200],
  // §13.1.3 If-Modified-Since
  [{ 'If-Modified-Since': THEN }, 304],
  [{ 'If-Modified-Since': AFTER }, 304],
  [{ 'If-Modified-Since': BEFORE }, 200],
  [{ 'If-Modified-Since': RFC850 }, 304],
  [{ 'If-Modified-Since': ASCTIME }, 304],
  [{ 'If-Modified-Since': 'yesterday' }, 200],
  [{ 'If-Modified-Since': String(LONG_AGO.getTime()) }, 200],
  // §13.1.4 If-Unmodified-Since
  [{ 'If-Unmodified-Since': THEN }, 200],
  [{ 'If-Unmodified-Since': AFTER }, 200],
  [{ 'If-Unmodified-Since': BEFORE }, 412],
  [{ 'If-Unmodified-Since': 'never' }, 200],
  // §13.2.2, the order: the tags go before the dates
  [{ 'If-None-Match': '"x"', 'If-Modified-Since': AFTER }, 200],
  [{ 'If-None-Match': 'T', 'If-Modified-Since': BEFORE }, 304],
  [{ 'If-Match': 'T', 'If-Unmodified-Since': BEFORE }, 200],
  [{ 'If-Match': '"x"', 'If-Unmodified-Since': AFTER }, 412],
  [{ 'If-Match': '"x"', 'If-None-Match': 'T' }, 412],
  [{ 'If-Match': 'T', 'If-None-Match': 'T' }, 304],
  [{ 'If-Unmodified-Since': BEFORE, 'If-Modified-Since': THEN }, 412],
  [{ 'If-Unmodified-Since': THEN, 'If-Modified-Since': THEN }, 304],
  // and the conditions before the range
  [{ 'If-None-Match': 'T', Range: 'bytes=0-1' }, 304],
  [{ 'If-Match': '"x"', Range: 'bytes=0-1' }, 412],
  [{ 'If-Match': 'T', Range: 'bytes=0-1' }, 206],
  [{ 'If-None-Match': '"x"', Range: 'bytes=999999999-' }, 416],
]

test('the conditions of RFC 9110 §13 are kept, for GET and HEAD, for small files and for large ones', async () => {
  for (const [path, tag] of etags) {
    for (const [asked, status] of CASES) {
      const headers = Object.fromEntries(Object.entries(asked).map(([name, value]) => [name, value.replace('T', tag)]))
      for (const key of ['If-Modified-Since', 'If-Unmodified-Since']) {
        const value = asked[key]
        if (value !== undefined) headers[key] = value
      }
      for (const method of ['GET', 'HEAD']) {
        // A range counts for GET only (§14.2).
        const expected = method === 'HEAD' && (status === 206 || status === 416) ? 200 : status
        const answer = await site.request(path, { method, headers })
        assert.equal(answer.status, expected, `${method} ${path} ${JSON.stringify(headers)}`)
        await answer.bytes()
      }
    }
  }
})

test('a 304 has the fields that a 200 would have, but for those that describe content', async () => {
  const full = await site.request('/page.html')
  const { headers, body } = await site.request('/page.html', {
    headers: { 'If-None-Match': full.headers.get('etag') ?? '' },
  })
  assert.equal(body, null)
  assert.deepEqual([...headers.keys()].sort(), ['cache-control', 'etag'])
  for (const [name, value] of headers) assert.equal(value, full.headers.get(name))
})

test('a 304 varies as its 200 does', async () => {
  const folder = makeFolder({ 'a.css': 'plain', 'a.css.gz': 'packed' })
  const gzip = { 'Accept-Encoding': 'gzip' }
  const full = await filesSite(folder).request('/a.css', { headers: gzip })
  const again = await filesSite(folder).request('/a.css', {
    headers: { ...gzip, 'If-None-Match': full.headers.get('etag') ?? '' },
  })
  assert.equal(again.status, 304)
  assert.equal(again.headers.get('vary'), 'Accept-Encoding')
  assert.equal(again.headers.get('content-encoding'), null)
})

test('over a socket a 304 has no content and the connection goes on', async () => {
  const server = await serve({ port: 0, routes: [{ match: '/*', files: root }] })
  for (const [path, tag] of etags) {
    const got = await ask(server.url, path, { headers: { 'If-None-Match': tag } })
    assert.equal(got.status, 304)
    assert.equal(got.body.byteLength, 0)
    assert.equal(got.headers['content-length'], undefined)
    assert.equal(got.headers.etag, tag)
    assert.ok(got.headers.date)
  }
  await server.close()
})

test('every change of a file changes its tag, and equal content has an equal tag', async () => {
  const folder = makeFolder({ a: 'one' })
  const seen = new Set<string>()
  for (const content of ['one', 'two', 'three', 'two', '']) {
    writeFileSync(join(folder, 'a'), content)
    for (let i = 0; i < 2; i++) {
      // A site of its own each time: nothing is kept from before.
      const answer = await filesSite(folder).request('/a')
      seen.add(answer.headers.get('etag') ?? '')
    }
  }
  assert.equal(seen.size, 4)
})

test('Last-Modified is never later than now, whatever the disk says (RFC 9110 §8.8.2.1)', async () => {
  const folder = makeFolder({ a: 'one' })
  const next = new Date(Date.now() + 86_400_000)
  utimesSync(join(folder, 'a'), next, next)
  const answer = await filesSite(folder).request('/a')
  const told = Date.parse(answer.headers.get('last-modified') ?? '')
  assert.ok(told <= Date.now())
})

test('conditions change nothing where there is nothing to compare: 404, listings, redirects', async () => {
  const star = { 'If-None-Match': '*', 'If-Match': '"x"', 'If-Modified-Since': AFTER, Range: 'bytes=0-0' }
  assert.equal((await site.request('/none', { headers: star })).status, 404)
  assert.equal((await site.request('/bare/', { headers: star })).status, 200)
  assert.equal((await site.request('/bare', { headers: star })).status, 308)
})

test('a file that is removed is 404 to conditions too', async () => {
  const folder = makeFolder({ a: 'one' })
  const tag = (await filesSite(folder).request('/a')).headers.get('etag') ?? ''
  rmSync(join(folder, 'a'))
  assert.equal((await filesSite(folder).request('/a', { headers: { 'If-None-Match': tag } })).status, 404)
})
