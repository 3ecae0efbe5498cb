import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { brotliCompressSync } from 'node:zlib'
import { LONG_AGO, makeFolder, patterned } from '../support/folder.ts'
import { everythingIn, writable } from '../support/writable.ts'

const BEFORE = new Date(LONG_AGO.getTime() - 1000).toUTCString()
const THEN = LONG_AGO.toUTCString()
/** Stands for the tag with which the file is served. */
const TAG = '<tag>'

for (const [field, value, there, missing] of [
  ['If-Match', '*', true, false],
  ['If-Match', TAG, true, false],
  ['If-Match', `"other", ${TAG}`, true, false],
  ['If-Match', `W/${TAG}`, false, false],
  ['If-Match', '"other"', false, false],
  ['If-Match', 'nonsense', false, false],
  ['If-None-Match', '*', false, true],
  ['If-None-Match', TAG, false, true],
  ['If-None-Match', `W/${TAG}`, false, true],
  ['If-None-Match', '"other"', true, true],
  ['If-Unmodified-Since', THEN, true, true],
  ['If-Unmodified-Since', BEFORE, false, true],
  ['If-Unmodified-Since', 'nonsense', true, true],
  // RFC 9110 §13.1.3: for GET and HEAD alone.
  ['If-Modified-Since', THEN, true, true],
  ['Range', 'bytes=0-0', true, true],
] as const) {
  for (const size of [1000, 1_500_000]) {
    test(`${field}: ${value} is heard by PUT and DELETE before anything is written, ${size} bytes`, async (t) => {
      const root = makeFolder({ 'a.txt': patterned(size) })
      const { ask, put } = await writable(t, root)
      const headers = { [field]: value.replace(TAG, String((await ask('GET', '/a.txt')).headers.etag)) }
      assert.equal((await put('/missing.txt', 'new', headers)).status, missing ? 201 : 412)
      assert.deepEqual(everythingIn(root), missing ? ['a.txt', 'missing.txt'] : ['a.txt'])
      assert.equal((await ask('DELETE', '/none.txt', { headers })).status, 404)
      if (there) {
        assert.equal((await put('/a.txt', 'new', headers)).status, 204)
        assert.equal(readFileSync(join(root, 'a.txt'), 'utf8'), 'new')
        return
      }
      assert.equal((await put('/a.txt', 'new', headers)).status, 412)
      assert.equal((await ask('DELETE', '/a.txt', { headers })).status, 412)
      assert.ok(readFileSync(join(root, 'a.txt')).equals(patterned(size)))
    })
  }
}

test('a folder has no tag, and is there', async (t) => {
  const { ask } = await writable(t, makeFolder({ 'a/': '', 'b/': '' }))
  for (const [method, path, headers, status] of [
    ['DELETE', '/a/', { 'If-Match': '"x"' }, 412],
    ['DELETE', '/a/', { 'If-None-Match': '*' }, 412],
    ['DELETE', '/a/', { 'If-Match': '*' }, 204],
    ['MKCOL', '/c/', { 'If-Match': '*' }, 412],
    ['MKCOL', '/c/', { 'If-None-Match': '*' }, 201],
    ['MKCOL', '/b/', { 'If-None-Match': '*' }, 405],
  ] as const)
    assert.equal((await ask(method, path, { headers })).status, status, `${method} ${path} ${JSON.stringify(headers)}`)
})

test('the tag of a precompressed form stands for its file', async (t) => {
  const root = makeFolder({ 'a.html': 'old', 'a.html.br': brotliCompressSync('old') })
  const { ask, put } = await writable(t, root)
  const got = await ask('GET', '/a.html', { headers: { 'Accept-Encoding': 'br' } })
  assert.equal(got.headers['content-encoding'], 'br')
  const headers = { 'If-Match': String(got.headers.etag) }
  assert.equal((await put('/a.html', 'new', headers)).status, 204)
  assert.equal((await put('/a.html', 'newer', headers)).status, 412)
})

test('a file that another program changes during an upload is not overwritten against If-Match', {
  timeout: 20_000,
}, async (t) => {
  const root = makeFolder({ 'a.txt': 'old' })
  const { ask, under } = await writable(t, root)
  const { etag } = (await ask('GET', '/a.txt')).headers
  const client = await under.connect()
  client.send(
    `PUT /a.txt HTTP/1.1\r\nHost: h\r\nIf-Match: ${etag}\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n`,
  )
  await client.until((text) => text.includes('100 Continue\r\n\r\n'))
  writeFileSync(join(root, 'a.txt'), 'theirs')
  client.send('new')
  await client.until((text) => text.includes(' 412 '))
  assert.deepEqual([readFileSync(join(root, 'a.txt'), 'utf8'), everythingIn(root)], ['theirs', ['a.txt']])
})
