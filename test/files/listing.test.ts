import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { MAX_LISTED } from '../../src/resource/files/listing.ts'
import { Site } from '../../src/site/site.ts'
import { filesSite } from '../support/files-site.ts'
import { LONG_AGO, makeFolder } from '../support/folder.ts'

interface Listing {
  readonly path: string
  readonly complete: boolean
  readonly entries: readonly {
    readonly name: string
    readonly kind: string
    readonly size?: number
    readonly type?: string
    readonly modified: string
  }[]
}

async function json(site: Site, path: string): Promise<Listing> {
  const answer = await site.request(path, { headers: { Accept: 'application/json' } })
  assert.equal(answer.headers.get('content-type'), 'application/json')
  return (await answer.json()) as Listing
}

/** Names that mean something in HTML, in URLs, in templates or on a terminal. */
const ODD = [
  'two words.txt',
  ' spaced ',
  `it's "quoted".txt`,
  '<script>alert(1)<.html',
  '<b>',
  '"><img src=x onerror=alert(1)>',
  '100%.txt',
  '%41.txt',
  '%2e%2e',
  'a#b.txt',
  'a?b=c.txt',
  'a&amp;b.txt',
  'javascript:alert(1)',
  'http:',
  'C:.txt',
  'semi;colon',
  'new\nline.txt',
  'tab\there',
  '\u001b[31mred.txt',
  'Grüße.txt',
  '日本語.txt',
  '😀.txt',
  'e\u0301.txt',
  '\u202egpj.txt',
  '$& $1 $`.txt',
  '${.txt',
  '{{x}}',
  '-rf',
  '~',
  'back`tick',
  'a+b.txt',
  "';--",
  'x'.repeat(250),
]

test('a listing shows names, kinds, sizes, dates and types, as JSON where that is asked for', async () => {
  const root = makeFolder({ 'b.txt': 'four', 'a.html': '', 'sub/x': '' })
  utimesSync(join(root, 'sub'), LONG_AGO, LONG_AGO)
  assert.deepEqual(await json(filesSite(root, { listing: true }), '/'), {
    path: '/',
    complete: true,
    entries: [
      { name: 'sub', kind: 'folder', modified: LONG_AGO.toISOString() },
      { name: 'a.html', kind: 'file', size: 0, type: 'text/html; charset=utf-8', modified: LONG_AGO.toISOString() },
      { name: 'b.txt', kind: 'file', size: 4, type: 'text/plain; charset=utf-8', modified: LONG_AGO.toISOString() },
    ],
  })
})

test('browsers and clients that do not mind get a page, which caches ask for again and which runs nothing', async () => {
  const site = filesSite(makeFolder({ 'a.txt': '' }), { listing: true })
  for (const accept of [undefined, '*/*', 'text/html', 'text/html,application/xhtml+xml,*/*;q=0.8', 'image/png']) {
    const answer = await site.request('/', { headers: accept === undefined ? {} : { Accept: accept } })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8')
    assert.equal(answer.headers.get('vary'), 'Accept')
    assert.equal(answer.headers.get('cache-control'), 'no-cache')
    assert.match(answer.headers.get('content-security-policy') ?? '', /^default-src 'none';/)
    assert.ok(!/<script/i.test(await answer.text()))
  }
  const asked = await site.request('/', { headers: { Accept: 'application/json;q=0.9, text/html;q=0.8' } })
  assert.equal(asked.headers.get('content-type'), 'application/json')
})

test('every entry can be fetched by its link, however odd its name', {
  skip: process.platform === 'win32',
}, async () => {
  const root = makeFolder()
  for (const name of ODD) writeFileSync(join(root, name), name)
  mkdirSync(join(root, 'odd: 50% #1?'))
  writeFileSync(join(root, 'odd: 50% #1?', 'in<side'), 'inside')
  for (const mount of ['', '/m/n']) {
    const site = new Site({ routes: [{ match: `${mount}/*`, files: { root, listing: true } }] })
    const page = await (await site.request(`${mount}/`)).text()
    const links = [...page.matchAll(/<td><a[^>]*href="(\.\/[^"]*)"[^>]*>/g)].map((m) => unescaped(m[1] ?? ''))
    assert.equal(links.length, ODD.length + 1)
    const fetched: string[] = []
    for (const link of links) {
      const url = new URL(link, `http://site.example${mount}/`)
      assert.equal(url.host, 'site.example', link)
      const answer = await site.request(url.pathname + url.search)
      assert.equal(answer.status, 200, link)
      if (!link.endsWith('/')) fetched.push(await answer.text())
    }
    assert.deepEqual(fetched.sort(), [...ODD].sort())
    const inner = await (await site.request(`${mount}/odd:%2050%25%20%231%3F/`)).text()
    assert.match(inner, /href="\.\/in%3Cside"/)
    assert.match(inner, /odd: 50% #1\?/)
    assert.ok(!inner.includes('in<side'))
  }
})

test('nothing in a name becomes markup', { skip: process.platform === 'win32' }, async () => {
  const root = makeFolder()
  for (const name of ODD) writeFileSync(join(root, name), name)
  const page = await (await filesSite(root, { listing: true }).request('/')).text()
  assert.ok(!/<(?:script|b|img)\b/i.test(page))
  assert.ok(!/\son\w+=[^&]/i.test(page.replace(/<style>[\s\S]*?<\/style>/, '').replace(/>[^<]*</g, '><')))
  for (const tag of page.matchAll(/<[^>]*>/g))
    assert.match(tag[0], /^<[!/]?[a-z][a-z0-9]*(?: [a-z-]+(?:="[^"<]*")?)*>$/)
})

test('what cannot be fetched is not shown', { skip: process.platform === 'win32' }, async () => {
  const root = makeFolder({ 'page.txt': '', '.hidden': '', '.git/x': '', 'back\\slash.txt': '', 'sub/.x': '' })
  symlinkSync('/etc/passwd', join(root, 'out'))
  symlinkSync('gone', join(root, 'dangling'))
  symlinkSync('.hidden', join(root, 'to-hidden'))
  symlinkSync('loop', join(root, 'loop'))
  symlinkSync('page.txt', join(root, 'same'))
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0xfe])]), 'no UTF-8')
  const site = filesSite(root, { listing: true })
  const names = (await json(site, '/')).entries.map(({ name }) => name)
  assert.deepEqual(names, ['sub', 'page.txt', 'same'])
  assert.deepEqual((await json(site, '/sub/')).entries, [])
  const all = filesSite(root, { listing: true, dotfiles: true })
  assert.ok((await json(all, '/')).entries.some(({ name }) => name === '.hidden'))
})

test('a listing is sorted by name, size or date, either way, folders first, numbers as numbers', async () => {
  const root = makeFolder({ 'b.txt': 'xx', 'a10.txt': 'x', 'a9.txt': 'xxx', 'A2.txt': 'xx', 'z/': '', 'y/': '' })
  const day = 86_400_000
  for (const [i, name] of ['a9.txt', 'b.txt', 'A2.txt', 'a10.txt'].entries()) {
    const time = new Date(LONG_AGO.getTime() + i * day)
    utimesSync(join(root, name), time, time)
  }
  for (const name of ['y', 'z']) utimesSync(join(root, name), LONG_AGO, LONG_AGO)
  const site = filesSite(root, { listing: true })
  const cases = [
    ['', ['y', 'z', 'A2.txt', 'a9.txt', 'a10.txt', 'b.txt']],
    ['?sort=name&order=desc', ['z', 'y', 'b.txt', 'a10.txt', 'a9.txt', 'A2.txt']],
    ['?sort=size', ['y', 'z', 'a10.txt', 'A2.txt', 'b.txt', 'a9.txt']],
    ['?sort=size&order=desc', ['y', 'z', 'a9.txt', 'A2.txt', 'b.txt', 'a10.txt']],
    ['?sort=modified', ['y', 'z', 'a9.txt', 'b.txt', 'A2.txt', 'a10.txt']],
    ['?sort=modified&order=desc', ['y', 'z', 'a10.txt', 'A2.txt', 'b.txt', 'a9.txt']],
    ['?sort=nonsense&order=sideways', ['y', 'z', 'A2.txt', 'a9.txt', 'a10.txt', 'b.txt']],
  ] as const
  for (const [query, names] of cases) {
    const { entries } = await json(site, `/${query}`)
    assert.deepEqual(
      entries.map(({ name }) => name),
      names,
      query,
    )
  }
})

test('the heads of the columns say how the page is sorted, and link to the other ways', async () => {
  const site = filesSite(makeFolder({ a: '' }), { listing: true })
  const page = await (await site.request('/?sort=size')).text()
  assert.match(page, /<th scope="col" aria-sort="ascending"><a href="\?sort=size&amp;order=desc">Size/)
  assert.match(page, /<th scope="col"><a href="\?sort=name&amp;order=asc">Name/)
  const other = await (await site.request('/?sort=size&order=desc')).text()
  assert.match(other, /aria-sort="descending"><a href="\?sort=size&amp;order=asc">Size/)
})

test('a listing leads up as far as the mount and no further', async () => {
  const root = makeFolder({ 'a/b/c.txt': '' })
  const site = new Site({ routes: [{ match: '/m/*', files: { root, listing: true } }] })
  const up = async (path: string) => (await (await site.request(path)).text()).includes('href="../"')
  assert.equal(await up('/m/'), false)
  assert.equal(await up('/m/a/'), true)
  assert.equal(await up('/m/a/b/'), true)
})

test('an empty folder is a page that says so', async () => {
  const answer = await filesSite(makeFolder(), { listing: true }).request('/')
  assert.equal(answer.status, 200)
  assert.match(await answer.text(), /empty/)
})

test('a folder with very many entries is listed up to a limit, and says so', async () => {
  const root = makeFolder()
  for (let i = 0; i < MAX_LISTED + 1; i++) writeFileSync(join(root, `${i}`), '')
  const site = filesSite(root, { listing: true })
  const listing = await json(site, '/')
  assert.equal(listing.entries.length, MAX_LISTED)
  assert.equal(listing.complete, false)
  assert.match(await (await site.request('/')).text(), /more entries than/)
})

test('an index page goes before the listing, and HEAD and conditions do what they do elsewhere', async () => {
  const root = makeFolder({ 'index.html': 'index', 'sub/x': '' })
  const site = filesSite(root, { listing: true })
  assert.equal(await (await site.request('/')).text(), 'index')
  const head = await site.request('/sub/', { method: 'HEAD' })
  assert.equal(head.status, 200)
  assert.equal(head.headers.get('content-length'), String((await (await site.request('/sub/')).bytes()).byteLength))
})

function unescaped(text: string): string {
  return text
    .replace(/&#39;/g, "'")
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
}
