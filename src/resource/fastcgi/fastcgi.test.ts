import assert from 'node:assert/strict'
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fill, makeFolder } from '../../../test/support/folder.ts'
import { Scripted } from '../../../test/support/scripted-fastcgi.ts'
import { Site } from '../../site/site.ts'
import type { FilesPlace } from '../files/options.ts'
import { fastcgi } from './fastcgi.ts'
import type { FastCgiOptions } from './options.ts'

const posix = { skip: process.platform === 'win32' }
const HELLO = 'Content-Type: text/plain\n\nhello'

/** A site of one route to a scripted application. */
function siteOf(
  options: string | readonly string[] | FastCgiOptions,
  match: string = '/*',
  more: Partial<FilesPlace> = {},
) {
  const scripted = new Scripted(HELLO)
  const place: FilesPlace = { base: '/', types: {}, withheld: () => false, ...more }
  const site = new Site({ routes: [{ match, resource: fastcgi(options, place, scripted.backends) }], place })
  /** The status, and of a script what ran: SCRIPT_NAME|PATH_INFO, or the content of a file. */
  const ask = async (target: string, method: string = 'GET'): Promise<string> => {
    const before = scripted.calls.length
    const response = await site.request(target, { method })
    if (scripted.calls.length === before) {
      const text = response.status === 308 ? response.headers.get('location') : await response.text()
      return response.ok || response.status === 308 ? `${response.status} ${text}` : String(response.status)
    }
    const { SCRIPT_NAME, PATH_INFO = '' } = scripted.variables
    return `${response.status} ${SCRIPT_NAME}|${PATH_INFO}`
  }
  return { site, scripted, ask }
}

const FILES = {
  'index.php': '<?php front',
  'app.php': '<?php app',
  'UPPER.PHP': '<?php upper',
  'a b.php': '<?php space',
  'é.php': '<?php accent',
  'style.css': 'css',
  'page.phtml': '<?php phtml',
  'app.php.bak': '<?php backup',
  'app.php~': '<?php backup',
  '.hidden.php': '<?php hidden',
  '.htaccess': 'deny',
  'admin/index.php': '<?php admin',
  'static/index.html': 'static',
  'empty/x.txt': 'x',
  'upload/evil.jpg': 'GIF89a<?php evil',
  'upload/evil.php.jpg': 'GIF89a<?php evil',
  'dir.php/index.php': '<?php index',
  'dir.php/inner.php': '<?php inner',
  'dir.php/style.css': 'inner css',
}

const PHP = { address: 'unix:/run/x.sock', suffix: '.php', try: ['file', '/index.php'] } as const

/** Paths and what becomes of them on a whole PHP site. */
const CASES: readonly (readonly [target: string, told: string])[] = [
  ['/', '200 /index.php|'],
  ['/index.php', '200 /index.php|'],
  ['/app.php', '200 /app.php|'],
  ['/app.php?x=1', '200 /app.php|'],
  ['/app.php/x/y', '200 /app.php|/x/y'],
  ['/app.php/', '200 /app.php|/'],
  ['/app.php/b.php', '200 /app.php|/b.php'],
  ['/app%2Ephp/x', '200 /app.php|/x'],
  ['/x/../app.php', '200 /app.php|'],
  ['/a%20b.php/c%20d', '200 /a b.php|/c d'],
  ['/%C3%A9.php/%FF', '200 /\u00c3\u00a9.php|/\u00ff'],
  ['/style.css', '200 css'],
  ['/admin', '308 /admin/'],
  ['/admin?x', '308 /admin/?x'],
  ['/admin/', '200 /admin/index.php|'],
  ['/static', '308 /static/'],
  ['/static/', '200 static'],
  ['/empty', '200 /index.php|'],
  ['/empty/', '200 /index.php|'],
  ['/blog/2024/a-post', '200 /index.php|'],
  ['/tag/a%2Fb', '404'],
  ['/x%2F..%2Fadmin/', '404'],
  ['/tag?a%2Fb', '200 /index.php|'],
  ['/%FF', '200 /index.php|'],
  ['/style.css/', '200 /index.php|'],
  // A folder may be named like a script.
  ['/dir.php/inner.php/i', '200 /dir.php/inner.php|/i'],
  ['/dir.php/style.css', '200 inner css'],
  ['/dir.php', '308 /dir.php/'],
  ['/dir.php/', '200 /dir.php/index.php|'],
  // What names a script that is not there is nobody's.
  ['/none.php', '404'],
  ['/none.php/x', '404'],
  ['/upload/evil.jpg/x.php', '404'],
  ['/upload/evil.jpg/.php', '200 /index.php|'],
  ['/upload/evil.php.jpg/x.php', '404'],
  ['/app.php/a%2Fb', '404'],
  // Uploads that look like scripts neither run nor are sent.
  ['/UPPER.PHP', '404'],
  ['/UPPER.PHP/x', '404'],
  ['/UPPER.php', '404'],
  ['/app.PHP', '404'],
  ['/upload/evil.jpg', '200 GIF89a<?php evil'],
  ['/upload/evil.php.jpg', '200 GIF89a<?php evil'],
  ['/app.ph\u24df', '200 /index.php|'],
  ['/app.php%20', '200 /index.php|'],
  ['/app.php;x', '200 /index.php|'],
  ['/app.php%0A', '200 /index.php|'],
  ['/app.php%00', '400'],
  ['/upload/evil.jpg%00.php', '400'],
  // Sources that no application runs, and what is nobody's business, go to the front controller as any path does.
  ['/page.phtml', '200 /index.php|'],
  ['/app.php.bak', '200 /index.php|'],
  ['/app.php~', '200 /index.php|'],
  ['/.htaccess', '200 /index.php|'],
  ['/.hidden.php', '404'],
]

const root = makeFolder(FILES)

for (const [target, told] of CASES) {
  test(`${JSON.stringify(target)} of a PHP site is ${JSON.stringify(told)}`, posix, async () => {
    const { site, ask } = siteOf({ ...PHP, root })
    const answer =
      told === '400' ? String(await site.request('/').then(() => rawStatus(site, target))) : await ask(target)
    assert.equal(answer, told)
    if (told !== '400') assert.equal(await ask(target), told, 'also when it is known')
  })
}

/** The status of a path that `site.request` takes for none. */
async function rawStatus(site: Site, target: string): Promise<number> {
  return site.request(target).then(
    ({ status }) => status,
    (error: unknown) => (error instanceof TypeError ? 400 : 0),
  )
}

test('a script is told where it is, by the root as the back end sees it', posix, async () => {
  const { site, scripted } = siteOf({ ...PHP, root, rootThere: '/app/public/' }, '/shop/*')
  await site.request('/shop/app.php/a%20b?c=d')
  const { SCRIPT_NAME, SCRIPT_FILENAME, DOCUMENT_ROOT, PATH_INFO, PATH_TRANSLATED, REQUEST_URI, QUERY_STRING } =
    scripted.variables
  assert.deepEqual(
    { SCRIPT_NAME, SCRIPT_FILENAME, DOCUMENT_ROOT, PATH_INFO, PATH_TRANSLATED, REQUEST_URI, QUERY_STRING },
    {
      SCRIPT_NAME: '/shop/app.php',
      SCRIPT_FILENAME: '/app/public/app.php',
      DOCUMENT_ROOT: '/app/public',
      PATH_INFO: '/a b',
      PATH_TRANSLATED: '/app/public/a b',
      REQUEST_URI: '/shop/app.php/a%20b?c=d',
      QUERY_STRING: 'c=d',
    },
  )
  await site.request('/shop/any/thing?x')
  assert.equal(scripted.variables['SCRIPT_FILENAME'], '/app/public/index.php')
  assert.deepEqual(
    [scripted.variables['PATH_INFO'], scripted.variables['REQUEST_URI']],
    [undefined, '/shop/any/thing?x'],
  )
})

test('the mount without its slash is led to it', posix, async () => {
  const { ask } = siteOf({ ...PHP, root }, '/shop/*')
  assert.equal(await ask('/shop?x'), '308 /shop/?x')
})

test('a front controller may get the path in its query', posix, async () => {
  const { site, scripted } = siteOf({ ...PHP, root, try: ['file', '/app.php?id=*'] })
  await site.request('/wiki/a&b=c%20d?do=edit')
  const { QUERY_STRING, REQUEST_URI, SCRIPT_NAME } = scripted.variables
  assert.deepEqual(
    [QUERY_STRING, REQUEST_URI, SCRIPT_NAME],
    ['id=wiki/a%26b%3Dc%20d&do=edit', '/wiki/a&b=c%20d?do=edit', '/app.php'],
  )
})

test("without 'file' nothing but the named script runs", posix, async () => {
  const { ask } = siteOf({ ...PHP, root, try: ['/index.php'] })
  for (const path of ['/app.php', '/style.css', '/none.php', '/admin/', '/UPPER.PHP']) {
    assert.equal(await ask(path), '200 /index.php|', path)
  }
  assert.equal(await ask('/index.php/x'), '200 /index.php|/x')
})

test('without a front controller what is not there is 404', posix, async () => {
  const { ask } = siteOf({ ...PHP, root, try: ['file'] })
  for (const path of ['/none', '/empty/', '/app.php~', '/.htaccess', '/%FF', '/a%2Fb']) {
    assert.equal(await ask(path), '404', path)
  }
})

test('a file takes GET, HEAD and OPTIONS, a script takes any method', posix, async () => {
  const { site, ask } = siteOf({ ...PHP, root })
  assert.equal(await ask('/style.css', 'POST'), '405')
  assert.equal((await site.request('/style.css', { method: 'OPTIONS' })).headers.get('allow'), 'GET, HEAD, OPTIONS')
  for (const method of ['POST', 'DELETE', 'PROPFIND', 'OPTIONS']) {
    assert.equal(await ask('/app.php', method), '200 /app.php|', method)
  }
})

test('files beside scripts have conditions, ranges and the fields of files', posix, async () => {
  const { site } = siteOf({ ...PHP, root, files: { cacheControl: 'max-age=60' } })
  const first = await site.request('/style.css')
  assert.equal(first.headers.get('cache-control'), 'max-age=60')
  const etag = first.headers.get('etag') ?? ''
  assert.equal((await site.request('/style.css', { headers: { 'If-None-Match': etag } })).status, 304)
  const part = await site.request('/style.css', { headers: { Range: 'bytes=1-' } })
  assert.deepEqual([part.status, await part.text()], [206, 'ss'])
})

test('a link that leads out of the root runs nothing and sends nothing', posix, async () => {
  const outside = makeFolder({ 'out.php': '<?php out', 'out.css': 'out' })
  const folder = makeFolder({ 'real/in.php': '<?php in' })
  symlinkSync(join(outside, 'out.php'), join(folder, 'out.php'))
  symlinkSync(outside, join(folder, 'out'))
  symlinkSync('real', join(folder, 'in'))
  const strict = siteOf({ ...PHP, root: folder, try: ['file'] })
  for (const path of ['/out.php', '/out/out.php', '/out/out.css']) assert.equal(await strict.ask(path), '404', path)
  assert.equal(await strict.ask('/in/in.php'), '200 /in/in.php|')
  const free = siteOf({ ...PHP, root: folder, try: ['file'], files: { symlinks: true } })
  assert.equal(await free.ask('/out/out.css'), '200 out', 'files, where links are allowed')
  for (const path of ['/out.php', '/out/out.php']) assert.equal(await free.ask(path), '404', `${path}: never scripts`)
})

test('a deployment that turns a link is seen by the application', posix, async () => {
  const releases = makeFolder({ '1/a.php': '<?php 1', '2/a.php': '<?php 2' })
  const current = join(releases, 'current')
  symlinkSync('1', current)
  const { site, scripted } = siteOf({ ...PHP, root: current, realRoot: true })
  await site.request('/a.php')
  assert.equal(scripted.variables['SCRIPT_FILENAME'], join(releases, '1/a.php'))
  assert.equal(scripted.variables['DOCUMENT_ROOT'], join(releases, '1'))
  const plain = siteOf({ ...PHP, root: current })
  await plain.site.request('/a.php')
  assert.equal(plain.scripted.variables['SCRIPT_FILENAME'], join(current, 'a.php'))
})

test('what the site withholds is not run either, but what is withheld because it is run', posix, async () => {
  const withheld = (real: string): boolean => real.endsWith('app.php')
  assert.equal(await siteOf({ ...PHP, root }, '/*', { withheld }).ask('/app.php'), '404')
  assert.equal(await siteOf({ ...PHP, root }, '/*', { withheld, secret: () => false }).ask('/app.php'), '200 /app.php|')
})

test('without a suffix each file of the root is a script, split against the disk', posix, async () => {
  const folder = makeFolder({ 'a/b': 'run', 'c.txt': 'run', 'd/index.pl': 'run' })
  const { ask } = siteOf({ address: 'unix:/x', root: folder, index: ['index.pl'] })
  const cases = [
    ['/a/b', '200 /a/b|'],
    ['/a/b/x/y', '200 /a/b|/x/y'],
    ['/c.txt', '200 /c.txt|'],
    ['/d/', '200 /d/index.pl|'],
    ['/d', '308 /d/'],
    ['/a', '404'],
    ['/none/x', '404'],
  ] as const
  for (const [path, told] of cases) assert.equal(await ask(path), told, path)
})

test('a script that goes is 404 at the latest a second later, and one that comes is run', posix, async () => {
  const folder = makeFolder({ 'a.php': '<?php' })
  const { ask } = siteOf({ ...PHP, root: folder, try: ['file'] })
  assert.equal(await ask('/b.php'), '404')
  renameSync(join(folder, 'a.php'), join(folder, 'b.php'))
  assert.equal(await ask('/b.php'), '200 /b.php|')
  rmSync(join(folder, 'b.php'))
  mkdirSync(join(folder, 'c.php'))
  fill(folder, { 'c.php/d.php': '<?php' })
  assert.equal(await ask('/c.php/d.php'), '200 /c.php/d.php|')
})

test('without a root the mount is SCRIPT_NAME and the rest PATH_INFO', async () => {
  const { ask, scripted } = siteOf('127.0.0.1:9000', '/app/*')
  assert.equal(await ask('/app/a%20b/c'), '200 /app|/a b/c')
  assert.equal(await ask('/app'), '200 /app|')
  assert.equal(await ask('/app/a%2Fb'), '404')
  assert.deepEqual(scripted.asked[0]?.address, ['127.0.0.1:9000'])
  assert.equal(scripted.variables['SCRIPT_FILENAME'], undefined)
})

test('paths of sockets are taken from the folder of the config', posix, () => {
  const { scripted } = siteOf(['unix:run/a.sock', 'unix:/run/b.sock', '[::1]:9000'], '/*', { base: '/srv/site' })
  assert.deepEqual(scripted.asked[0]?.address, ['unix:/srv/site/run/a.sock', 'unix:/run/b.sock', '[::1]:9000'])
})

test('Authorization is passed on, unless the options say otherwise', async () => {
  for (const [authorization, seen] of [
    [undefined, 'Basic x'],
    [false, undefined],
  ] as const) {
    const { site, scripted } = siteOf({ address: 'unix:/x', ...(authorization !== undefined && { authorization }) })
    await site.request('/', { headers: { Authorization: 'Basic x' } })
    assert.equal(scripted.variables['HTTP_AUTHORIZATION'], seen)
  }
})

test('options that cannot be are refused when the site is made', () => {
  const wrong: readonly (readonly [Partial<FastCgiOptions>, RegExp])[] = [
    [{ suffix: 'php' }, /is no suffix/],
    [{ try: ['index.php' as '/index.php'] }, /try: "index.php" is neither/],
    [{ try: ['/'] }, /is neither/],
    [{ index: [''] }, /is no name of a file/],
    [{ role: 'filter' }, /needs data/],
  ]
  for (const [options, message] of wrong) {
    assert.throws(() => siteOf({ address: 'unix:/x', root: '/', ...options }), message)
  }
})

test('explain tells which script, where it goes and all that it would be told', posix, async () => {
  const { site } = siteOf({ ...PHP, root, env: { APP_ENV: 'test' } })
  const { lines } = await site.explain('GET', '/app.php/x?y')
  const told = lines.filter(([word]) => word === 'file' || word === 'address')
  assert.deepEqual(told, [
    ['file', join(root, 'app.php')],
    ['address', 'unix:/run/x.sock'],
  ])
  const env = lines.filter(([word]) => word === 'env').map(([, text]) => text)
  for (const expected of [
    `SCRIPT_FILENAME=${root}/app.php`,
    'SCRIPT_NAME=/app.php',
    'PATH_INFO=/x',
    'QUERY_STRING=y',
    'APP_ENV=test',
  ]) {
    assert.ok(env.includes(expected), `${expected} in ${env.join(' ')}`)
  }
  assert.ok((await site.explain('GET', '/none.php')).lines.some(([, text]) => text.startsWith('404')))
  assert.ok((await site.explain('GET', '/style.css')).lines.some(([, text]) => text === join(root, 'style.css')))
})
