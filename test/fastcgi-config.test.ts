import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildConfig } from '../src/config/build.ts'
import { checkConfig } from '../src/config/check.ts'
import { makeFolder } from './support/folder.ts'

const posix = { skip: process.platform === 'win32' }
const SOURCE = { name: 'oriel.config.json', text: '' }

/** The site of a config in a folder. */
async function built(base: string, config: unknown) {
  const { site } = await buildConfig(checkConfig(config, SOURCE), { base, source: SOURCE })
  return site
}

test('what PHP runs is sent by no other route, under no spelling and by no link', posix, async () => {
  const base = makeFolder({
    'public/index.php': '<?php secret',
    'public/UP.PHP': '<?php secret',
    'public/x.phtml': '<?php secret',
    'public/config.php.bak': '<?php secret',
    'public/style.css': 'css',
    'other/x.php': 'an example',
  })
  const site = await built(base, {
    routes: [
      { match: '/*', fastcgi: { address: 'unix:none.sock', root: 'public', suffix: '.php' } },
      { match: '/raw/*', files: { root: 'public', listing: true } },
      { match: '/all/*', files: '.' },
    ],
  })
  for (const name of ['index.php', 'UP.PHP', 'x.phtml', 'config.php.bak', 'INDEX.PHP']) {
    for (const path of [`/raw/${name}`, `/all/public/${name}`])
      assert.equal((await site.request(path)).status, 404, path)
  }
  assert.equal(await (await site.request('/raw/style.css')).text(), 'css')
  assert.equal(await (await site.request('/all/other/x.php')).text(), 'an example', 'no route runs that one')
  const listing = await (await site.request('/raw/')).text()
  assert.doesNotMatch(listing, /php|PHP/)
  assert.match(listing, /style\.css/)
})

test('nothing is written where it would run', posix, async () => {
  const base = makeFolder({ 'public/index.php': '<?php', 'public/up/': '' })
  const site = await built(base, {
    routes: [
      { match: '/*', fastcgi: { address: 'unix:none.sock', root: 'public', suffix: '.php' } },
      { match: '/up/*', files: { root: 'public/up', write: true } },
    ],
  })
  const put = async (name: string): Promise<number> =>
    (await site.request(`/up/${name}`, { method: 'PUT', body: '<?php' })).status
  assert.equal(await put('a.txt'), 201)
  for (const name of ['a.php', 'A.PHP', 'a.phtml']) assert.equal(await put(name), 403, name)
})

const PLAIN = { address: 'unix:x.sock' }
const WRONG: readonly (readonly [route: object, message: RegExp])[] = [
  [{ fastcgi: 'nowhere' }, /no address/],
  [{ fastcgi: [] }, /./],
  [{ fastcgi: { ...PLAIN, root: 'none' } }, /there is no folder .*none/],
  [{ fastcgi: { ...PLAIN, root: '.', suffix: 'php' } }, /is no suffix/],
  [{ fastcgi: { ...PLAIN, root: '.', try: ['index.php'] } }, /neither "file" nor the path/],
  [{ fastcgi: { ...PLAIN, suffix: '.php' } }, /need root/],
  [{ fastcgi: { ...PLAIN, root: '.', rootThere: '/x', realRoot: true } }, /has realRoot/],
  [{ fastcgi: { ...PLAIN, role: 'filter' } }, /role 'filter' without data/],
  [{ fastcgi: { ...PLAIN, data: '.' } }, /data without that role/],
  [{ fastcgi: { ...PLAIN, sendfile: ['none'] } }, /there is no folder .*none/],
  [{ fastcgi: { ...PLAIN, sufix: '.php' } }, /suffix/],
  [{ fastcgi: { ...PLAIN, timeouts: { firstByte: -1 } } }, /firstByte/],
  [{ respond: 'x', access: { authorizer: { fastcgi: 'nowhere' } } }, /./],
  [{ respond: 'x', access: { authoriser: { fastcgi: 'unix:x' } } }, /authorizer|scheme/],
]

for (const [route, message] of WRONG) {
  test(`${JSON.stringify(route)} is refused with its key`, async () => {
    const base = makeFolder()
    await assert.rejects(built(base, { routes: [{ match: '/*', ...route }] }), (error: Error) => {
      assert.match(error.message, message)
      assert.match(error.message, /routes\[0\]/)
      return true
    })
  })
}

test('every form of an address and of options is taken', posix, async () => {
  const base = makeFolder({ 'public/index.php': '<?php', 'docs/': '' })
  const forms = [
    'unix:run/x.sock',
    '127.0.0.1:9000',
    ['[::1]:9000', 'php:9000'],
    { address: 'unix:x', root: 'public', suffix: ['.php', '.php8'], try: ['file', '/index.php?id=*'], accel: true },
    { address: 'unix:x', role: 'filter', data: 'docs', files: { symlinks: true } },
    { address: 'unix:x', sendfile: ['docs'], env: { A: 'b' }, connections: 4, keepAlive: false, queue: 0 },
  ]
  for (const fastcgi of forms) {
    const access = { authorizer: { fastcgi: { address: 'unix:auth.sock', script: '/srv/a.php' } } }
    await built(base, { routes: [{ match: '/*', fastcgi, access }] })
  }
})

test('oriel explain makes no connection, and tells the file and the address', posix, async () => {
  const base = makeFolder({ 'public/index.php': '<?php' })
  const fastcgi = { address: 'unix:run/php.sock', root: './public', suffix: '.php', try: ['file', '/index.php'] }
  const config = checkConfig({ routes: [{ match: '/*', fastcgi }] }, SOURCE)
  const { site } = await buildConfig(config, { base, source: SOURCE, explaining: true })
  const { lines } = await site.explain('GET', '/any/path')
  const told = Object.fromEntries(lines)
  assert.deepEqual([told['file'], told['address']], [join(base, 'public/index.php'), `unix:${base}/run/php.sock`])
  assert.ok(lines.some(([word, text]) => word === 'env' && text === 'REQUEST_URI=/any/path'))
})
