import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fill, LONG_AGO, makeFolder, patterned } from '../support/folder.ts'
import { everythingIn, writable } from '../support/writable.ts'

const posix = { skip: process.platform === 'win32' }

const HERE = {
  'page.txt': 'old',
  'sub/inner.txt': 'inner',
  'empty/': '',
  'indexed/index.html': 'index',
}

for (const [what, method, path, asking, status, change] of [
  ['a new file', 'PUT', '/new.txt', { body: 'new' }, 201, { 'new.txt': 'new' }],
  ['a new file in a folder', 'PUT', '/sub/new.txt', { body: 'new' }, 201, { 'sub/new.txt': 'new' }],
  ['a file that is there', 'PUT', '/page.txt', { body: 'new' }, 204, { 'page.txt': 'new' }],
  ['an empty file', 'PUT', '/page.txt', { body: '' }, 204, { 'page.txt': '' }],
  ['a file with another name than letters', 'PUT', '/%C3%A4%20b%3F%0A.txt', { body: 'x' }, 201, { 'ä b?\n.txt': 'x' }],
  ['a file in .well-known', 'PUT', '/.well-known', { body: 'x' }, 201, { '.well-known': 'x' }],
  ['a folder by its path', 'PUT', '/sub/', { body: 'new' }, 409, {}],
  ['a folder without its slash', 'PUT', '/sub', { body: 'new' }, 409, {}],
  ['a folder with an index page', 'PUT', '/indexed/', { body: 'new' }, 409, {}],
  ['the root', 'PUT', '/', { body: 'new' }, 409, {}],
  ['a path with a slash that names nothing', 'PUT', '/none/', { body: 'new' }, 409, {}],
  ['a file in no folder', 'PUT', '/none/new.txt', { body: 'new' }, 409, {}],
  ['a file in a file', 'PUT', '/page.txt/new.txt', { body: 'new' }, 409, {}],
  ['a part of a file', 'PUT', '/page.txt', { body: 'n', headers: { 'Content-Range': 'bytes 0-0/3' } }, 400, {}],
  ['coded content', 'PUT', '/page.txt', { body: 'n', headers: { 'Content-Encoding': 'gzip' } }, 415, {}],
  [
    'content that is not coded',
    'PUT',
    '/a',
    { body: 'n', headers: { 'Content-Encoding': 'identity' } },
    201,
    { a: 'n' },
  ],
  ['chunked content', 'PUT', '/a', { body: 'n', headers: { 'Transfer-Encoding': 'chunked' } }, 201, { a: 'n' }],
  ['a name that is too long', 'PUT', `/${'x'.repeat(300)}`, { body: 'n' }, 400, {}],
  ['a name that is no UTF-8', 'PUT', '/%FF', { body: 'n' }, 400, {}],
  ['a name with a slash in it', 'PUT', '/sub%2Finner.txt', { body: 'n' }, 400, {}],
  ['a file', 'DELETE', '/page.txt', {}, 204, { 'page.txt': undefined }],
  ['a file, with content', 'DELETE', '/page.txt', { body: 'why' }, 204, { 'page.txt': undefined }],
  ['a file as a folder', 'DELETE', '/page.txt/', {}, 404, {}],
  ['nothing', 'DELETE', '/none', {}, 404, {}],
  ['nothing in no folder', 'DELETE', '/none/none', {}, 404, {}],
  ['a name that is too long', 'DELETE', `/${'x'.repeat(300)}`, {}, 400, {}],
  ['a folder without its slash', 'DELETE', '/empty', {}, 409, {}],
  ['an empty folder', 'DELETE', '/empty/', {}, 204, { empty: undefined }],
  ['a folder with something in it', 'DELETE', '/sub/', {}, 409, {}],
  ['the root', 'DELETE', '/', {}, 403, {}],
  ['a folder', 'MKCOL', '/new/', {}, 201, { new: true }],
  ['a folder without a slash', 'MKCOL', '/sub/new', {}, 201, { 'sub/new': true }],
  ['a folder that is there', 'MKCOL', '/sub/', {}, 405, {}],
  ['a file', 'MKCOL', '/page.txt', {}, 405, {}],
  ['the root', 'MKCOL', '/', {}, 405, {}],
  ['a folder in no folder', 'MKCOL', '/none/new/', {}, 409, {}],
  ['a folder with content', 'MKCOL', '/new/', { body: '<x/>' }, 415, {}],
  ['a folder with no content', 'MKCOL', '/new/', { headers: { 'Content-Length': '0' } }, 201, { new: true }],
  ['anything', 'POST', '/page.txt', { body: 'x' }, 405, {}],
  ['anything', 'PROPFIND', '/', {}, 405, {}],
] as const) {
  const name = path.length > 40 ? `${path.slice(0, 10)}…` : path
  test(`${method} ${name}: ${what} is ${status}, and nothing else changes`, async (t) => {
    const root = makeFolder(HERE)
    const before = everythingIn(root)
    const { ask } = await writable(t, root)
    assert.equal((await ask(method, path, asking)).status, status)
    const expected = new Set(before)
    for (const [changed, content] of Object.entries(change as Record<string, string | true | undefined>)) {
      if (content === undefined) expected.delete(changed)
      else expected.add(changed)
      if (typeof content === 'string') assert.equal(readFileSync(join(root, changed), 'utf8'), content)
    }
    assert.deepEqual(everythingIn(root), [...expected].sort())
    if (!('page.txt' in change)) assert.equal(readFileSync(join(root, 'page.txt'), 'utf8'), 'old')
  })
}

test('Allow names the methods that write only where they are possible', async (t) => {
  const root = makeFolder(HERE)
  const on = await writable(t, root)
  const off = await writable(t, root, { write: false })
  assert.equal((await on.ask('OPTIONS', '/page.txt')).headers.allow, 'GET, PUT, DELETE, MKCOL, HEAD, OPTIONS')
  assert.equal((await on.ask('MKCOL', '/sub/')).headers.allow, 'GET, HEAD, PUT, DELETE, OPTIONS')
  for (const method of ['OPTIONS', 'PUT', 'DELETE', 'MKCOL', 'POST'])
    assert.equal((await off.ask(method, '/page.txt')).headers.allow, 'GET, HEAD, OPTIONS', method)
  assert.equal(readFileSync(join(root, 'page.txt'), 'utf8'), 'old')
})

for (const [what, size, options] of [
  ['a small file', 1000, {}],
  ['a large file', 1_500_000, {}],
  ['a file that is not kept in memory', 1000, { memory: 0 }],
] as const) {
  test(`a PUT tells the ETag and Last-Modified with which ${what} is served, and a next one others`, async (t) => {
    const { ask, put } = await writable(t, makeFolder(), options)
    const tags = new Set<unknown>()
    for (let seed = 1; seed <= 3; seed++) {
      const stored = await put('/a.bin', patterned(size, seed))
      const got = await ask('GET', '/a.bin')
      assert.ok(got.body.equals(patterned(size, seed)))
      assert.equal(stored.headers.etag, got.headers.etag)
      assert.equal(stored.headers['last-modified'], got.headers['last-modified'])
      tags.add(stored.headers.etag)
    }
    assert.equal(tags.size, 3)
  })
}

test('what was written is served at once, by every route and every name, though it was in memory', async (t) => {
  const root = makeFolder({ 'index.html': 'old', 'a.html': 'old' })
  const { ask, put } = await writable(t, root, { try: ['*', '*.html'], spa: '/index.html' })
  const other = await writable(t, root, { try: ['*', '*.html'], write: false })
  for (let i = 0; i < 5; i++) {
    for (const path of ['/', '/index.html', '/a', '/a.html'])
      await Promise.all([ask('GET', path), other.ask('GET', path)])
    await put('/index.html', `index ${i}`)
    await put('/a.html', `a ${i}`)
    for (const [path, text] of [
      ['/', 'index'],
      ['/index.html', 'index'],
      ['/a', 'a'],
      ['/a.html', 'a'],
    ] as const)
      for (const { ask: from } of [{ ask }, other])
        assert.equal((await from('GET', path)).body.toString(), `${text} ${i}`, path)
  }
  await ask('DELETE', '/a.html')
  assert.equal((await other.ask('GET', '/a.html')).status, 404)
})

test('nothing is written by way of try or spa', async (t) => {
  const root = makeFolder({ 'index.html': 'index', 'a.html': 'a' })
  const { ask, put } = await writable(t, root, { try: ['*', '*.html'], spa: true })
  assert.equal((await put('/a', 'x')).status, 201)
  assert.equal((await ask('DELETE', '/b')).status, 404)
  assert.deepEqual(everythingIn(root), ['a', 'a.html', 'index.html'])
})

test(
  'a file that is replaced keeps its permissions, and a new one has those that the process gives',
  posix,
  async (t) => {
    const root = makeFolder({ 'run.sh': 'old' })
    chmodSync(join(root, 'run.sh'), 0o4750)
    const { put } = await writable(t, root)
    await put('/run.sh', 'new')
    await put('/new.txt', 'new', { 'If-None-Match': '*' })
    await put('/newer.txt', 'new')
    writeFileSync(join(root, 'by-hand'), '')
    const usual = statSync(join(root, 'by-hand')).mode
    assert.equal(statSync(join(root, 'run.sh')).mode & 0o7777, 0o750)
    assert.equal(statSync(join(root, 'new.txt')).mode, usual)
    assert.equal(statSync(join(root, 'newer.txt')).mode, usual)
  },
)

for (const [what, age] of [
  ['just made', 0],
  ['of a second ago', 1000],
  ['of two seconds ago', 2000],
  ['of tomorrow', -86_400_000],
] as const) {
  test(`a precompressed form ${what} is not served for content that came after it`, async (t) => {
    const root = makeFolder({ 'page.html': 'old', 'page.html.br': 'OLD' })
    const date = new Date(Date.now() - age)
    utimesSync(join(root, 'page.html'), date, date)
    utimesSync(join(root, 'page.html.br'), date, date)
    const { ask, put } = await writable(t, root)
    const br = { headers: { 'Accept-Encoding': 'br' } }
    assert.equal((await ask('GET', '/page.html', br)).body.toString(), 'OLD')
    for (const headers of [{}, { 'If-Match': '*' }]) {
      await put('/page.html', 'new', headers)
      assert.equal((await ask('GET', '/page.html', br)).body.toString(), 'new')
      await put('/page.html.br', 'NEW')
      assert.equal((await ask('GET', '/page.html', br)).body.toString(), 'NEW')
    }
    await ask('DELETE', '/page.html')
    await put('/page.html', 'newer')
    assert.equal((await ask('GET', '/page.html', br)).body.toString(), 'newer')
  })
}

test('what a killed process left is never served, and goes when the folder is written to after a day', async (t) => {
  const left = '.oriel-upload-killed'
  const root = makeFolder({
    [left]: 'half',
    'sub/x': 'x',
    [`sub/${left}`]: 'half',
    [`only/${left}`]: 'half',
    '.other': 'x',
  })
  writeFileSync(join(root, 'sub/.oriel-upload-running'), 'half')
  mkdirSync(join(root, '.oriel-upload-folder'))
  const { ask, put } = await writable(t, root, { dotfiles: true, listing: true })
  assert.equal((await ask('GET', `/${left}`)).status, 404)
  assert.ok(!(await ask('GET', '/')).body.includes('upload'))
  for (const method of ['PUT', 'DELETE']) assert.equal((await ask(method, `/${left}`)).status, 403)
  await put('/sub/y', 'y')
  assert.equal((await ask('DELETE', '/only/')).status, 204)
  assert.deepEqual(everythingIn(root), [
    '.oriel-upload-folder',
    left,
    '.other',
    'sub',
    'sub/.oriel-upload-running',
    'sub/x',
    'sub/y',
  ])
  await put('/a', 'a')
  assert.equal(existsSync(join(root, left)), false)
})

test('the content may come under a link that leads to another folder of the site', posix, async (t) => {
  const root = makeFolder({ 'real/x': 'x' })
  symlinkSync('real', join(root, 'link'))
  const { put } = await writable(t, root)
  assert.equal((await put('/link/y', 'y')).status, 201)
  assert.equal(readFileSync(join(root, 'real/y'), 'utf8'), 'y')
})

test('content larger than the limit of the route is refused before it is sent, or when it gets there', async (t) => {
  const root = makeFolder({ 'page.txt': 'old' })
  const { under, ask } = await writable(t, root, {}, 1000)
  const client = await under.connect()
  client.send('PUT /page.txt HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n')
  assert.equal((await client.answer()).status, 413)
  assert.ok(!client.text.includes('100 Continue'))
  const headers = { 'Transfer-Encoding': 'chunked' }
  assert.equal((await ask('PUT', '/page.txt', { body: patterned(200_000), headers })).status, 413)
  assert.deepEqual(everythingIn(root), ['page.txt'])
  assert.equal(readFileSync(join(root, 'page.txt'), 'utf8'), 'old')
})

test('a client that waits is told before it sends what would not be stored', async (t) => {
  const root = makeFolder({ 'page.txt': 'old', 'sub/': '' })
  fill(root, {})
  const { under } = await writable(t, root)
  const head = 'HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n'
  for (const [path, field, status] of [
    ['/sub', '', 409],
    ['/page.txt', 'If-None-Match: *\r\n', 412],
    ['/page.txt', 'If-Match: "x"\r\n', 412],
    ['/page.txt', `If-Unmodified-Since: ${new Date(LONG_AGO.getTime() - 1000).toUTCString()}\r\n`, 412],
    ['/.env', '', 403],
  ] as const) {
    const client = await under.connect()
    client.send(`PUT ${path} ${head}${field}\r\n`)
    assert.equal((await client.answer()).status, status, path)
    assert.ok(!client.text.includes('100 Continue'), path)
  }
  const client = await under.connect()
  client.send(`PUT /page.txt ${head}\r\n`)
  await client.until((text) => text.includes('100 Continue\r\n\r\n'))
  client.send('new')
  await client.until((text) => text.includes('204 No Content'))
  assert.equal(readFileSync(join(root, 'page.txt'), 'utf8'), 'new')
})
