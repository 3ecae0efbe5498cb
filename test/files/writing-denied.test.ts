import assert from 'node:assert/strict'
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { withheldFiles } from '../../src/config/withheld.ts'
import { createSite } from '../../src/index.ts'
import type { FilesOptions } from '../../src/resource/files/options.ts'
import { Site } from '../../src/site/site.ts'
import { fill, makeFolder } from '../support/folder.ts'
import { everythingIn, inTheMaking, writable } from '../support/writable.ts'

const posix = { skip: process.platform === 'win32' }

/** A root beside a secret, with links that lead everywhere. */
function tempting(): { outside: string; root: string } {
  const outside = makeFolder({
    'secret.txt': 'SECRET',
    'other/x.txt': 'SECRET',
    'site/page.txt': 'page',
    'site/sub/inner.txt': 'inner',
  })
  const root = join(outside, 'site')
  const links = {
    'out.txt': '../secret.txt',
    'out-folder': '../other',
    'out-absolute': outside,
    up: '..',
    'inside.txt': 'sub/inner.txt',
    dangling: '../made.txt',
    'loop-a': 'loop-a',
  }
  for (const [name, to] of Object.entries(links)) symlinkSync(to, join(root, name))
  return { outside, root }
}

async function statusesOf(site: Site, path: string): Promise<number[]> {
  const put = await site.request(path, { method: 'PUT', body: 'MINE' })
  const remove = await site.request(path, { method: 'DELETE' })
  const make = await site.request(path, { method: 'MKCOL' })
  return [put.status, remove.status, make.status]
}

function siteOf(root: string, options: Omit<FilesOptions, 'root'> = {}): Site {
  return new Site({ routes: [{ match: '/*', files: { root, write: true, ...options } }] })
}

for (const [path, put, remove, make] of [
  ['/../secret.txt', 201, 204, 201],
  ['/%2e%2e/secret.txt', 201, 204, 201],
  ['/..%2fsecret.txt', 400, 400, 400],
  ['/sub/..%2f..%2fsecret.txt', 400, 400, 400],
  ['/out.txt', 403, 403, 403],
  ['/out-folder', 403, 403, 403],
  ['/out-folder/', 409, 403, 403],
  ['/out-folder/x.txt', 409, 404, 409],
  ['/out-folder/new.txt', 409, 404, 409],
  ['/out-absolute/secret.txt', 409, 404, 409],
  ['/up/secret.txt', 409, 404, 409],
  ['/inside.txt', 403, 403, 403],
  ['/dangling', 403, 403, 403],
  ['/loop-a', 403, 403, 403],
  ['/loop-a/x', 409, 404, 409],
  ['/.env', 403, 403, 403],
  ['/%2eenv', 403, 403, 403],
  ['/.git/config', 403, 403, 403],
  ['/sub/.hidden/x', 403, 403, 403],
  ['/.oriel-upload-x', 403, 403, 403],
] as const) {
  test(`no method gets out of the folder or at a dot file by ${path}`, posix, async () => {
    const { outside, root } = tempting()
    const before = everythingIn(outside)
    assert.deepEqual(await statusesOf(siteOf(root), path), [put, remove, make])
    for (const name of ['secret.txt', 'other/x.txt']) assert.equal(readFileSync(join(outside, name), 'utf8'), 'SECRET')
    // What `..` leads to in a path is within the root.
    assert.deepEqual(everythingIn(outside), put === 201 ? [...before, 'site/secret.txt'].sort() : before)
  })
}

test('NUL and backslash make no path', async () => {
  const { root } = tempting()
  for (const path of ['/a%00b', '/a%5cb', '/a%5Cb']) {
    const site = siteOf(root)
    assert.deepEqual(await statusesOf(site, path), [400, 400, 400], path)
  }
  assert.deepEqual(inTheMaking(root), [])
})

test(
  'folders that links lead out to are written where that is allowed, and links themselves never',
  posix,
  async () => {
    const { outside, root } = tempting()
    const site = siteOf(root, { symlinks: true })
    assert.deepEqual(await statusesOf(site, '/out-folder/new.txt'), [201, 204, 201])
    assert.deepEqual(await statusesOf(site, '/out.txt'), [403, 403, 403])
    assert.equal(readFileSync(join(outside, 'secret.txt'), 'utf8'), 'SECRET')
    assert.ok(lstatSync(join(root, 'out.txt')).isSymbolicLink())
  },
)

test('dot files are written where they are served', async () => {
  const root = makeFolder()
  assert.deepEqual(await statusesOf(siteOf(root, { dotfiles: true }), '/.env'), [201, 204, 201])
})

test(
  'what the site withholds is neither written nor removed, under any name, nor made where it is missing',
  posix,
  async () => {
    const root = makeFolder({ 'key.pem': 'KEY', 'sub/key-too.pem': 'KEY', 'page.txt': 'page' })
    linkSync(join(root, 'key.pem'), join(root, 'hard.txt'))
    symlinkSync('key.pem', join(root, 'soft.txt'))
    const withheld = withheldFiles([join(root, 'key.pem'), join(root, 'sub/key-too.pem'), join(root, 'config.ts')])
    const site = new Site({ routes: [{ match: '/*', files: { root, write: true } }], place: { withheld } })
    const before = everythingIn(root)
    for (const path of ['/key.pem', '/sub/key-too.pem', '/hard.txt', '/soft.txt', '/config.ts', '/Config.TS'])
      assert.deepEqual(await statusesOf(site, path), [403, 403, 403], path)
    assert.deepEqual(everythingIn(root), before)
    assert.equal(readFileSync(join(root, 'key.pem'), 'utf8'), 'KEY')
  },
)

test('the modules that a config names are not written', async () => {
  const base = makeFolder({ 'notes.mjs': 'export const GET = () => new Response("x")' })
  const site = await createSite({
    base,
    routes: [
      { match: '/notes', module: './notes.mjs' },
      { match: '/*', files: { root: '.', write: true } },
    ],
  })
  assert.deepEqual(await statusesOf(site, '/notes.mjs'), [403, 403, 403])
})

test('a device, a socket or a pipe is not written to', posix, async () => {
  const root = makeFolder()
  const { execFileSync } = await import('node:child_process')
  execFileSync('mkfifo', [join(root, 'pipe')])
  assert.deepEqual(await statusesOf(siteOf(root), '/pipe'), [403, 403, 403])
})

/** An upload that has begun in `sub`, so that a test can do something to the folder meanwhile. */
async function begunIn(t: TestContext, root: string) {
  const { under } = await writable(t, root)
  const client = await under.connect()
  client.send('PUT /sub/a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n')
  while (inTheMaking(root).length === 0) await setImmediate()
  return client
}

test('a folder that a link takes the place of meanwhile turns no upload aside', {
  ...posix,
  timeout: 20_000,
}, async (t) => {
  const outside = makeFolder({ 'other/a': 'SECRET', 'site/sub/x': 'x' })
  const root = join(outside, 'site')
  const client = await begunIn(t, root)
  renameSync(join(root, 'sub'), join(root, 'moved'))
  symlinkSync('../other', join(root, 'sub'))
  client.send('abc')
  await client.until((text) => text.includes(' 409 '))
  assert.equal(readFileSync(join(outside, 'other/a'), 'utf8'), 'SECRET')
  assert.deepEqual(everythingIn(join(outside, 'other')), ['a'])
  if (process.platform === 'linux') assert.deepEqual(everythingIn(join(root, 'moved')), ['x'])
})

test('a file, a link or a folder that appears under the name meanwhile is respected', {
  ...posix,
  timeout: 20_000,
}, async (t) => {
  for (const [make, status] of [
    [(path: string) => symlinkSync('x', path), 403],
    [(path: string) => mkdirSync(path), 409],
    [(path: string) => fill(path, { '../a': 'other' }), 204],
  ] as const) {
    const root = makeFolder({ 'sub/x': 'x' })
    const client = await begunIn(t, root)
    make(join(root, 'sub/a'))
    client.send('abc')
    await client.until((text) => text.includes(` ${status} `))
    assert.deepEqual(inTheMaking(root), [])
    assert.equal(readFileSync(join(root, 'sub/x'), 'utf8'), 'x')
  }
})

test('the root may be a link, as deployments have it', posix, async () => {
  const outside = makeFolder({ 'release/page.txt': 'old' })
  symlinkSync('release', join(outside, 'current'))
  assert.deepEqual(await statusesOf(siteOf(join(outside, 'current')), '/new.txt'), [201, 204, 201])
})

test('a folder that is not there takes nothing', async () => {
  const site = siteOf(join(realpathSync(makeFolder()), 'none'))
  assert.deepEqual(await statusesOf(site, '/a'), [409, 404, 409])
  assert.equal(existsSync(join(makeFolder(), 'none')), false)
})
