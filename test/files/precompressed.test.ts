import assert from 'node:assert/strict'
import { rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { serve } from '../../src/index.ts'
import { ask } from '../support/client.ts'
import { filesSite } from '../support/files-site.ts'
import { fill, LONG_AGO, makeFolder, patterned } from '../support/folder.ts'

const LARGE = Buffer.alloc(1024 * 1024 * 2, 'all work and no play makes a dull text. ')
const LARGE_GZ = Buffer.concat([gzipSync(LARGE), patterned(1024 * 1024)])

const root = makeFolder({
  'all.css': 'plain css',
  'all.css.br': 'as br',
  'all.css.zst': 'as zst',
  'all.css.gz': 'as gz',
  'some.js': 'plain js',
  'some.js.gz': 'as gz',
  'none.html': 'plain',
  'pic.png': 'png',
  'pic.png.gz': 'never used',
  'only.html.gz': 'no plain one beside it',
  'index.html': 'home',
  'index.html.br': 'home br',
  'large.txt': LARGE,
  'large.txt.gz': LARGE_GZ,
})
const site = filesSite(root)

function get(path: string, accept: string | undefined, more: Record<string, string> = {}) {
  return site.request(path, { headers: { ...(accept !== undefined && { 'Accept-Encoding': accept }), ...more } })
}

const SENT = { br: /^(?:as|home) br$/, zstd: /^as zst$/, gzip: /^as gz$/ }

test('the coding that the client likes best is sent; of two that it likes as well, the smaller', async () => {
  const cases = [
    ['/all.css', 'gzip, deflate, br, zstd', 'br'],
    ['/all.css', 'gzip, deflate, zstd', 'zstd'],
    ['/all.css', 'gzip, deflate', 'gzip'],
    ['/all.css', 'GZIP', 'gzip'],
    ['/all.css', '*', 'br'],
    ['/all.css', 'gzip;q=1.0, br;q=0.5', 'gzip'],
    ['/all.css', 'br;q=0, *', 'zstd'],
    ['/all.css', 'gzip;q=0.5, identity;q=1', null],
    ['/all.css', 'br;q=0.001', 'br'],
    ['/all.css', 'br;q=0', null],
    ['/all.css', 'deflate', null],
    ['/all.css', 'identity', null],
    ['/all.css', '', null],
    ['/all.css', undefined, null],
    ['/all.css', 'identity;q=0, gzip', 'gzip'],
    ['/all.css', '*;q=0, gzip', 'gzip'],
    ['/all.css', 'identity;q=0', null],
    ['/all.css', '*;q=0', null],
    ['/all.css', 'nonsense ;;; , =', null],
    ['/some.js', 'br, gzip;q=0.1', 'gzip'],
    ['/some.js', 'br', null],
    ['/', 'br', 'br'],
  ] as const
  for (const [path, accept, coding] of cases) {
    const answer = await get(path, accept)
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-encoding'), coding, `${path} ${accept}`)
    assert.equal(answer.headers.get('vary'), 'Accept-Encoding', `${path} ${accept}`)
    assert.match(answer.headers.get('content-type') ?? '', /^text\/\w+; charset=utf-8$/)
    const content = coding === null ? /^plain/ : SENT[coding]
    assert.match(await answer.text(), content, `${path} ${accept}`)
  }
})

test('a file without precompressed forms does not vary', async () => {
  const answer = await get('/none.html', 'br, gzip')
  assert.equal(answer.headers.get('vary'), null)
  assert.equal(answer.headers.get('content-encoding'), null)
})

test('every form has a tag of its own, and conditions are about the form that is chosen', async () => {
  const tags = new Map<string, string>()
  for (const coding of ['br', 'zstd', 'gzip', 'identity']) {
    tags.set(coding, (await get('/all.css', coding)).headers.get('etag') ?? '')
  }
  assert.equal(new Set(tags.values()).size, 4)
  for (const [coding, tag] of tags) {
    for (const other of tags.keys()) {
      const { status } = await get('/all.css', other, { 'If-None-Match': tag })
      assert.equal(status, other === coding ? 304 : 200, `${coding} against ${other}`)
    }
  }
})

test('a range is one of the form that is chosen, small or large', async () => {
  const small = await get('/all.css', 'br', { Range: 'bytes=3-4' })
  assert.equal(small.status, 206)
  assert.equal(small.headers.get('content-encoding'), 'br')
  assert.equal(small.headers.get('content-range'), 'bytes 3-4/5')
  assert.equal(await small.text(), 'br')
  const large = await get('/large.txt', 'gzip', { Range: 'bytes=1000000-1000099' })
  assert.equal(large.headers.get('content-range'), `bytes 1000000-1000099/${LARGE_GZ.byteLength}`)
  assert.ok(LARGE_GZ.subarray(1_000_000, 1_000_100).equals(await large.bytes()))
  const gzTag = (await get('/large.txt', 'gzip')).headers.get('etag') ?? ''
  const crossed = await get('/large.txt', 'identity', { Range: 'bytes=0-1', 'If-Range': gzTag })
  assert.equal(crossed.status, 200, 'a range of one form is never continued with another')
})

test('HEAD tells of the form that GET would send', async () => {
  const head = await site.request('/all.css', { method: 'HEAD', headers: { 'Accept-Encoding': 'zstd' } })
  assert.equal(head.headers.get('content-encoding'), 'zstd')
  assert.equal(head.headers.get('content-length'), '6')
})

test('what does not gain from compression, and what is off, is sent plain', async () => {
  const picture = await get('/pic.png', 'gzip')
  assert.equal(picture.headers.get('content-encoding'), null)
  assert.equal(await picture.text(), 'png')
  const off = await filesSite(root, { precompressed: false }).request('/all.css', {
    headers: { 'Accept-Encoding': 'br' },
  })
  assert.equal(await off.text(), 'plain css')
  assert.equal(off.headers.get('vary'), null)
})

test('a compressed file asked for by its own name is itself, with no coding', async () => {
  const answer = await get('/all.css.gz', 'gzip')
  assert.equal(answer.headers.get('content-encoding'), null)
  assert.equal(answer.headers.get('content-type'), 'application/gzip')
  assert.equal(await answer.text(), 'as gz')
  assert.equal((await get('/only.html', 'gzip')).status, 404, 'no form stands in for a file that is not there')
})

test('a form that is older than its file is not used, a newer or equally old one is', async () => {
  const hour = 3600_000
  const cases = [
    [-hour, false],
    [-3000, false],
    [-1500, true],
    [0, true],
    [hour, true],
  ] as const
  for (const [difference, used] of cases) {
    const folder = makeFolder({ 'a.css': 'new', 'a.css.gz': 'packed' })
    const time = new Date(LONG_AGO.getTime() + difference)
    utimesSync(join(folder, 'a.css.gz'), time, time)
    const answer = await filesSite(folder).request('/a.css', { headers: { 'Accept-Encoding': 'gzip' } })
    assert.equal(await answer.text(), used ? 'packed' : 'new', `${difference} ms`)
    assert.equal(answer.headers.get('vary'), used ? 'Accept-Encoding' : null)
  }
})

test('an empty form, as an interrupted tool leaves it, is not used', async () => {
  const folder = makeFolder({ 'a.css': 'new', 'a.css.br': '', 'a.css.gz': 'packed' })
  const answer = await filesSite(folder).request('/a.css', { headers: { 'Accept-Encoding': 'br, gzip' } })
  assert.equal(answer.headers.get('content-encoding'), 'gzip')
})

test('a form that comes, changes or goes is seen', async () => {
  const folder = makeFolder({ 'a.css': 'plain' })
  const accept = { headers: { 'Accept-Encoding': 'br, gzip' } }
  // Nothing is kept in memory, so that each request looks at the disk.
  const live = filesSite(folder, { memory: 0 })
  const text = async () => (await live.request('/a.css', accept)).text()
  assert.equal(await text(), 'plain')
  fill(folder, { 'a.css.gz': 'packed' })
  assert.equal(await text(), 'packed')
  fill(folder, { 'a.css.br': 'denser' })
  assert.equal(await text(), 'denser')
  rmSync(join(folder, 'a.css.br'))
  assert.equal(await text(), 'packed')
})

test('over a socket the compressed form arrives as it lies on the disk', async () => {
  const content = 'text '.repeat(1000)
  const folder = makeFolder({ 'a.txt': content, 'a.txt.br': brotliCompressSync(content) })
  const server = await serve({ port: 0, routes: [{ match: '/*', files: folder }] })
  const got = await ask(server.url, '/a.txt', { headers: { 'Accept-Encoding': 'gzip, br' } })
  assert.equal(got.headers['content-encoding'], 'br')
  assert.ok(brotliCompressSync(content).equals(got.body))
  await server.close()
})
