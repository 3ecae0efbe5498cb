import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serve } from '../../src/index.ts'
import { Site } from '../../src/site/site.ts'
import { ask } from '../support/client.ts'
import { filesSite } from '../support/files-site.ts'
import { LONG_AGO, makeFolder, patterned } from '../support/folder.ts'

const MIB = 1024 * 1024

const root = makeFolder({
  'index.html': 'home',
  'page.html': 'page',
  'empty.txt': '',
  'docs/index.html': 'docs',
  'docs/start.htm': 'start',
  'bare/note.txt': 'note',
  'exactly.bin': patterned(MIB),
  'one-more.bin': patterned(MIB + 1),
  'three.bin': patterned(3 * MIB),
})

test('a folder is answered with its index page', async () => {
  const site = filesSite(root)
  for (const [path, content] of [
    ['/', 'home'],
    ['/docs/', 'docs'],
    ['/page.html', 'page'],
  ] as const) {
    const answer = await site.request(path)
    assert.equal(answer.status, 200)
    assert.equal(await answer.text(), content)
    assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8')
  }
})

test('the index page is the first of the names that exists', async () => {
  const site = filesSite(root, { index: ['start.htm', 'index.html'] })
  assert.equal(await (await site.request('/docs/')).text(), 'start')
  assert.equal(await (await site.request('/')).text(), 'home')
  assert.equal((await filesSite(root, { index: [] }).request('/')).status, 404)
})

test('a folder without index page is 404 and names no file where listings are off', async () => {
  const answer = await filesSite(root).request('/bare/')
  assert.equal(answer.status, 404)
  assert.ok(!(await answer.text()).includes('note'))
})

test('a folder asked for without its slash is redirected to it, with the query', async () => {
  const cases = [
    ['/docs', '/docs/'],
    ['/docs?a=b&c=%20', '/docs/?a=b&c=%20'],
    ['/bare', '/bare/'],
    ['//docs', '/docs/'],
    ['/./x/..//docs', '/docs/'],
  ] as const
  for (const [path, to] of cases) {
    const answer = await filesSite(root, { listing: true }).request(path)
    assert.equal(answer.status, 308, path)
    assert.equal(answer.headers.get('location'), to, path)
  }
})

test('a slash redirect keeps the mount, and what it says is a path of this very site', async () => {
  const site = new Site({ routes: [{ match: '/mount/here/*', files: root }] })
  assert.equal((await site.request('/mount/here/docs?x')).headers.get('location'), '/mount/here/docs/?x')
  const tricky = makeFolder({ 'evil.example/x.txt': '', 'a b/ü/x.txt': '' })
  for (const path of ['//evil.example', '/%2e%2e//evil.example', '/.//evil.example', '///evil.example']) {
    assert.equal((await filesSite(tricky).request(path)).headers.get('location'), '/evil.example/', path)
  }
  assert.equal((await filesSite(tricky).request('/a%20b/%c3%bc')).headers.get('location'), '/a%20b/%C3%BC/')
  assert.equal((await filesSite(tricky).request('http://other.example/a%20b')).headers.get('location'), '/a%20b/')
})

test('a file asked for with a slash at its end is not there', async () => {
  for (const path of ['/page.html/', '/page.html/index.html', '/docs/index.html/']) {
    assert.equal((await filesSite(root).request(path)).status, 404, path)
  }
})

test('a file is told with its validators, and that parts of it may be asked for', async () => {
  const { headers } = await filesSite(root).request('/page.html')
  assert.equal(headers.get('last-modified'), LONG_AGO.toUTCString())
  assert.match(headers.get('etag') ?? '', /^"[\w-]+"$/)
  assert.equal(headers.get('accept-ranges'), 'bytes')
  assert.equal(headers.get('cache-control'), null)
  assert.equal(headers.get('vary'), null)
})

test('HEAD has the fields of GET and no content', async () => {
  for (const memory of [0, MIB]) {
    for (const path of ['/page.html', '/empty.txt', '/three.bin', '/docs/', '/docs', '/nothing', '/bare/']) {
      const site = filesSite(root, { listing: true, memory })
      const get = await site.request(path)
      const head = await site.request(path, { method: 'HEAD' })
      const size = (await get.bytes()).byteLength
      assert.equal(head.status, get.status, path)
      assert.equal((await head.bytes()).byteLength, 0, path)
      const told = [...head.headers].filter(([name]) => name !== 'content-length')
      assert.deepEqual(told, [...get.headers], path)
      assert.equal(head.headers.get('content-length'), String(size), path)
    }
  }
})

test('other methods are 405 with Allow, and OPTIONS says what there is', async () => {
  const site = filesSite(root, { listing: true })
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'FOO', 'get']) {
    for (const path of ['/page.html', '/bare/', '/nothing']) {
      const answer = await site.request(path, { method })
      assert.equal(answer.status, 405, `${method} ${path}`)
      assert.equal(answer.headers.get('allow'), 'GET, HEAD, OPTIONS')
    }
  }
  const options = await site.request('/page.html', { method: 'OPTIONS' })
  assert.equal(options.status, 204)
  assert.equal(options.headers.get('allow'), 'GET, HEAD, OPTIONS')
})

test('files of every size come whole, from memory and from the disk, in process and over a socket', async () => {
  const contents = new Map([
    ['/empty.txt', Buffer.alloc(0)],
    ['/page.html', Buffer.from('page')],
    ['/exactly.bin', patterned(MIB)],
    ['/one-more.bin', patterned(MIB + 1)],
    ['/three.bin', patterned(3 * MIB)],
  ])
  for (const memory of [0, 64 * MIB]) {
    const server = await serve({ port: 0, routes: [{ match: '/*', files: { root, memory } }] })
    for (const [path, content] of contents) {
      for (const time of ['the first time', 'again']) {
        const inProcess = await server.site.request(path)
        assert.ok(content.equals(await inProcess.bytes()), `${path} in process, ${time}`)
        const got = await ask(server.url, path)
        assert.equal(got.headers['content-length'], String(content.byteLength))
        assert.ok(got.complete && content.equals(got.body), `${path} over a socket, ${time}`)
      }
    }
    await server.close()
  }
})

test('the Cache-Control of a file is by the first rule that fits its path from the root', async () => {
  const all = await filesSite(root, { cacheControl: 'no-cache' }).request('/page.html')
  assert.equal(all.headers.get('cache-control'), 'no-cache')
  const site = new Site({
    routes: [
      {
        match: '/m/*',
        files: { root, cacheControl: { '*.htm': 'max-age=1', '/docs/*': 'max-age=2', '/index.html': 'max-age=3' } },
      },
    ],
  })
  const cases = [
    ['/m/docs/start.htm', 'max-age=1'],
    ['/m/docs/', 'max-age=2'],
    ['/m/', 'max-age=3'],
    ['/m/page.html', null],
  ] as const
  for (const [path, value] of cases) assert.equal((await site.request(path)).headers.get('cache-control'), value, path)
})

test('a path may stand for the first of several that exists', async () => {
  const pages = makeFolder({
    'about.html': 'about',
    'fallback.html': 'fallback',
    'team/index.html': 'team',
    'plain/x.txt': 'x',
    'a$&b.html': 'dollars',
  })
  const site = filesSite(pages, { try: ['*', '*.html', '/fallback.html'] })
  const cases = [
    ['/about', 200, 'about'],
    ['/about.html', 200, 'about'],
    ['/team/', 200, 'team'],
    ['/team', 308, undefined],
    ['/none', 200, 'fallback'],
    ['/plain/', 200, 'fallback'],
    ['/a$&b', 200, 'dollars'],
    ['/..%2f..%2fetc/passwd', 404, undefined],
  ] as const
  for (const [path, status, content] of cases) {
    const answer = await site.request(path)
    assert.equal(answer.status, status, path)
    if (content !== undefined) assert.equal(await answer.text(), content, path)
  }
  assert.equal((await filesSite(pages, { try: ['*.html'] }).request('/none')).status, 404)
})

test('a route under which the path is rewritten serves the file of the other path', async () => {
  const site = new Site({
    routes: [
      { match: '/v/:version/*', rewrite: '/docs/*', files: { root } },
      { match: '/odd/*', rewrite: '/*', files: { root: makeFolder({ 'x$&y.txt': 'dollars', 'a*b.txt': 'star' }) } },
    ],
  })
  assert.equal(await (await site.request('/v/2/start.htm')).text(), 'start')
  assert.equal(await (await site.request('/odd/x$&y.txt')).text(), 'dollars')
  assert.equal(await (await site.request('/odd/a*b.txt')).text(), 'star')
})
