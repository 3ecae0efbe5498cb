import assert from 'node:assert/strict'
import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, linkSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createSite, serve } from '../../src/index.ts'
import { ask } from '../support/client.ts'
import { filesSite } from '../support/files-site.ts'
import { fill, makeFolder } from '../support/folder.ts'
import { needPeer } from '../support/peers.ts'

const posix = { skip: process.platform === 'win32' }

/** A root beside a secret, with everything in it that may lead out of it. */
const outside = makeFolder({
  'secret.txt': 'SECRET',
  'site/page.txt': 'page',
  'site/sub/inner.txt': 'inner',
  'site-not/x.txt': 'SECRET',
  'site/.env': 'SECRET',
  'site/.git/config': 'SECRET',
  'site/sub/.hidden/x.txt': 'SECRET',
  'site/.well-known/security.txt': 'contact',
  'site/.well-known/.private': 'SECRET',
  'site/sub/.well-known/x': 'SECRET',
})
const root = join(outside, 'site')
if (process.platform !== 'win32') {
  const links = {
    'out.txt': '../secret.txt',
    'out-folder': '..',
    'out-absolute': outside,
    'out-similar': '../site-not',
    'inside.txt': 'sub/inner.txt',
    'inside-folder': 'sub',
    'to-dot-file.txt': '.env',
    'to-dot-folder': '.git',
    'to-page.txt': join(root, 'page.txt'),
    dangling: 'nowhere',
    'loop-a': 'loop-b',
    'loop-b': 'loop-a',
    'loop-self': 'loop-self',
    device: '/dev/zero',
  }
  for (const [name, to] of Object.entries(links)) symlinkSync(to, join(root, name))
}

async function statusOf(path: string, options: Parameters<typeof filesSite>[1] = {}): Promise<number> {
  const answer = await filesSite(root, { listing: true, ...options }).request(path)
  assert.ok(!(await answer.text()).includes('SECRET'), path)
  return answer.status
}

test('names that begin with a dot are not there, but for .well-known at the top', async () => {
  const cases = [
    ['/.env', 404],
    ['/%2eenv', 404],
    ['/%2Eenv', 404],
    ['/.git/', 404],
    ['/.git/config', 404],
    ['/.git', 404],
    ['/sub/.hidden/x.txt', 404],
    ['/sub/.hidden/', 404],
    ['/.well-known/security.txt', 200],
    ['/.well-known', 308],
    ['/.well-known/.private', 404],
    ['/sub/.well-known/x', 404],
  ] as const
  for (const [path, status] of cases) assert.equal(await statusOf(path), status, path)
})

test('dot files are served where that is asked for', async () => {
  const site = filesSite(root, { dotfiles: true })
  assert.equal(await (await site.request('/.env')).text(), 'SECRET')
  assert.equal((await site.request('/..env')).status, 404)
})

test('links within the folder are followed, those that lead out of it or to dot files are not', posix, async () => {
  const cases = [
    ['/inside.txt', 200],
    ['/inside-folder/inner.txt', 200],
    ['/inside-folder/', 200],
    ['/to-page.txt', 200],
    ['/out.txt', 404],
    ['/out-folder/secret.txt', 404],
    ['/out-folder/site/page.txt', 200],
    ['/out-folder/', 404],
    ['/out-folder', 404],
    ['/out-absolute/secret.txt', 404],
    ['/out-similar/x.txt', 404],
    ['/to-dot-file.txt', 404],
    ['/to-dot-folder/config', 404],
    ['/to-dot-folder/', 404],
    ['/dangling', 404],
    ['/loop-a', 404],
    ['/loop-self', 404],
    ['/loop-self/x', 404],
    ['/device', 404],
  ] as const
  for (const [path, status] of cases) assert.equal(await statusOf(path), status, path)
})

test('links that lead out are followed where that is allowed', posix, async () => {
  const site = filesSite(root, { symlinks: true })
  for (const path of ['/out.txt', '/out-folder/secret.txt', '/out-absolute/secret.txt', '/out-similar/x.txt'])
    assert.equal(await (await site.request(path)).text(), 'SECRET', path)
  for (const path of ['/device', '/dangling', '/loop-a', '/to-dot-file.txt'])
    assert.equal((await site.request(path)).status, 404, path)
})

test('no spelling of a path leads out of the folder', async () => {
  const ups = [
    '..',
    '%2e%2e',
    '.%2e',
    '%2E.',
    '..%2f',
    '..%5c',
    '..\\',
    '%2e%2e%2f',
    '..;',
    '....',
    '%252e%252e',
    '..%00',
  ]
  const paths = ups.flatMap((up) => [
    `/${up}/secret.txt`,
    `/sub/${up}/${up}/secret.txt`,
    `/${up}${up}/secret.txt`,
    `//${up}/secret.txt`,
    `/sub/${up}secret.txt`,
    `/${up}`,
  ])
  paths.push(`/${encodeURIComponent(join(outside, 'secret.txt'))}`, join(outside, 'secret.txt'))
  paths.push('/%c0%ae%c0%ae/secret.txt', '/%c0%af../secret.txt', '/%uff0e%uff0e/secret.txt', '/file:///etc/passwd')
  paths.push(
    'http://x/../secret.txt',
    'http://x/%2e%2e/secret.txt',
    '/\u2024\u2024/secret.txt',
    '/sub/%2f../..%2fsecret.txt',
  )
  const site = filesSite(root, { listing: true })
  for (const path of paths) {
    const answer = await site.request(path)
    const text = await answer.text()
    assert.ok(!text.includes('SECRET') && !text.includes('site-not'), path)
    assert.ok([400, 404, 200, 308].includes(answer.status), `${path} ${answer.status}`)
  }
})

test('over a socket no spelling of a path leads out either', async () => {
  const server = await serve({ port: 0, routes: [{ match: '/*', files: { root, listing: true } }] })
  for (const path of [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/..%5csecret.txt',
    '/sub/../../secret.txt',
  ]) {
    const got = await ask(server.url, path)
    assert.ok(got.status === 404 || got.status === 400, `${path} ${got.status}`)
    assert.ok(!got.body.includes('SECRET'))
  }
  await server.close()
})

test('paths that no file can have are refused or not there, and never a server error', async () => {
  const cases = [
    ['/page.txt%00', 400],
    ['/%00', 400],
    ['/page.txt%00.html', 400],
    ['/a%5cb', 400],
    ['/a\\b', 400],
    ['/sub%2finner.txt', 404],
    ['/sub%2Finner.txt', 404],
    ['/%2f', 404],
    ['/%ff%fe', 404],
    ['/%ff/', 404],
    ['/%e2%28%a1', 404],
    ['/%', 400],
    ['/%zz', 400],
    ['/%4', 400],
    [`/${'a'.repeat(256)}`, 404],
    [`/${'a/'.repeat(3000)}`, 404],
    [`/${'%C3%BC'.repeat(200)}`, 404],
    ['/page.txt/x', 404],
    ['/page.txt/../page.txt', 200],
    ['/CON', 404],
    ['/page.txt::$DATA', 404],
    ['/page.txt.', 404],
    ['/page.txt%20', 404],
    ['/PAGE.TXT', 404],
    ['/Sub/inner.txt', 404],
  ] as const
  for (const [path, status] of cases) assert.equal(await statusOf(path), status, path.slice(0, 60))
})

test('what is neither a file nor a folder is not there, and nobody waits for it', posix, async (t) => {
  const folder = makeFolder({ 'page.txt': 'page' })
  const socket = createServer().listen(join(folder, 'socket'))
  t.after(() => socket.close())
  const paths = ['/socket']
  const mkfifo = needPeer(t, 'mkfifo')
  if (mkfifo !== undefined && spawnSync(mkfifo, [join(folder, 'fifo'), join(folder, 'page.txt.gz')]).status === 0)
    paths.push('/fifo', '/page.txt.gz')
  const site = filesSite(folder, { listing: true })
  for (const path of paths) assert.equal((await site.request(path)).status, 404, path)
  const listing = await site.request('/', { headers: { Accept: 'application/json' } })
  assert.deepEqual(
    ((await listing.json()) as { entries: { name: string }[] }).entries.map(({ name }) => name),
    ['page.txt'],
  )
  const page = await site.request('/page.txt', { headers: { 'Accept-Encoding': 'gzip' } })
  assert.equal(await page.text(), 'page')
})

test('what the system does not let us read is 403, and listings do not show it', posix, async (t) => {
  const folder = makeFolder({
    'open.txt': 'x',
    'shut.txt': 'x',
    'shut.bin': Buffer.alloc(2 ** 21),
    'closed/x.txt': 'x',
  })
  chmodSync(folder, 0o755)
  for (const name of ['shut.txt', 'shut.bin', 'closed']) chmodSync(join(folder, name), 0)
  t.after(() => chmodSync(join(folder, 'closed'), 0o700))
  const url = await asNobody(t, folder)
  for (const path of ['/shut.txt', '/shut.bin', '/closed/', '/closed/x.txt'])
    assert.equal((await ask(url, path)).status, 403, path)
  const { body } = await ask(url, '/', { headers: { Accept: 'application/json' } })
  assert.deepEqual(
    (JSON.parse(body.toString()) as { entries: { name: string }[] }).entries.map(({ name }) => name),
    ['open.txt'],
  )
})

/** Serves a folder as a user who is not root, who may read everything: in a process that gives up its rights. */
async function asNobody(t: TestContext, folder: string): Promise<string> {
  const index = new URL('../../src/index.js', import.meta.url).href
  const code = `
    const { serve } = await import(${JSON.stringify(index)})
    const options = { port: 0, routes: [{ match: '/*', files: { root: ${JSON.stringify(folder)}, listing: true } }] }
    const { url } = await serve(options)
    if (process.getuid() === 0) {
      process.setgroups([])
      process.setgid(65534)
      process.setuid(65534)
    }
    process.send(url)`
  const child = fork('-', { execArgv: ['--input-type=module', '-e', code], stdio: 'inherit' })
  t.after(async () => {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  const [url] = await once(child, 'message')
  return String(url)
}

test('the config, its keys and its modules are never served, under whatever name', posix, async () => {
  const folder = makeFolder({
    'oriel.config.json': 'SECRET',
    'tls/key.pem': 'SECRET',
    'tls/cert.pem': 'SECRET',
    'notes.mjs': 'export const GET = () => new Response("SECRET ran")',
    'public.txt': 'public',
  })
  symlinkSync('oriel.config.json', join(folder, 'link.txt'))
  symlinkSync('tls', join(folder, 'link-folder'))
  linkSync(join(folder, 'tls/key.pem'), join(folder, 'hard.txt'))
  linkSync(join(folder, 'notes.mjs'), join(folder, 'notes.txt'))
  const { buildConfig } = await import('../../src/config/build.ts')
  const { site } = await buildConfig(
    {
      listen: [{ port: 0, tls: [{ cert: './tls/cert.pem', key: './tls/key.pem' }] }],
      routes: [
        { match: '/notes', module: './notes.mjs' },
        { match: '/*', files: { root: '.', listing: true } },
      ],
    },
    {
      base: folder,
      source: { name: 'test' },
      withhold: [join(folder, 'oriel.config.json')],
      explaining: true,
    },
  )
  const denied = [
    '/oriel.config.json',
    '/tls/key.pem',
    '/tls/cert.pem',
    '/notes.mjs',
    '/link.txt',
    '/link-folder/key.pem',
    '/hard.txt',
    '/notes.txt',
    '/%6fRIEL.config.json',
    '/oriel%2econfig.json',
  ]
  for (const path of denied) assert.equal((await site.request(path)).status, 404, path)
  assert.equal((await site.request('/public.txt')).status, 200)
  const shown = await (await site.request('/')).text()
  for (const name of ['oriel.config', 'link.txt', 'hard.txt', 'notes']) assert.ok(!shown.includes(name), name)
})

test('a key that is renewed by turning a link is withheld where it lies now', posix, async (t) => {
  let now = 1_000_000
  t.mock.method(performance, 'now', () => now)
  const folder = makeFolder({ 'archive/1.pem': 'SECRET', 'archive/2.pem': 'SECRET', 'live/': '' })
  symlinkSync('../archive/1.pem', join(folder, 'live/key.pem'))
  const site = await createSite({ base: folder, routes: [{ match: '/*', files: '.' }] })
  assert.equal((await site.request('/archive/1.pem')).status, 200, 'nobody said that this is a key')
  const { withheldFiles } = await import('../../src/config/withheld.ts')
  const { factsOf, stat } = await import('../../src/io/file.ts')
  const withheld = withheldFiles([join(folder, 'live/key.pem')])
  const is = async (name: string) => withheld(join(folder, name), factsOf(stat(join(folder, name))))
  assert.deepEqual([await is('archive/1.pem'), await is('archive/2.pem')], [true, false])
  rmSync(join(folder, 'live/key.pem'))
  symlinkSync('../archive/2.pem', join(folder, 'live/key.pem'))
  now += 1001
  assert.equal(await is('archive/2.pem'), true)
})

test('a root that is a link is followed, and again when it is turned to another folder', posix, async (t) => {
  let now = 1_000_000
  t.mock.method(performance, 'now', () => now)
  const place = makeFolder({ 'one/page.txt': 'one', 'one/gone.txt': 'x', 'two/page.txt': 'two', 'two/come.txt': 'x' })
  symlinkSync('one', join(place, 'current'))
  const site = filesSite(join(place, 'current'))
  assert.equal(await (await site.request('/page.txt')).text(), 'one')
  symlinkSync('two', join(place, 'next'))
  renameSync(join(place, 'next'), join(place, 'current'))
  now += 1001
  assert.equal(await (await site.request('/page.txt')).text(), 'two')
  assert.equal((await site.request('/come.txt')).status, 200)
  assert.equal((await site.request('/gone.txt')).status, 404)
})

test('a root that is not there is 404, and served once it is', async (t) => {
  let now = 1_000_000
  t.mock.method(performance, 'now', () => now)
  const place = makeFolder()
  const site = filesSite(join(place, 'later'), { listing: true })
  assert.equal((await site.request('/')).status, 404)
  assert.equal((await site.request('/page.txt')).status, 404)
  mkdirSync(join(place, 'later'))
  fill(place, { 'later/page.txt': 'here' })
  now += 1001
  assert.equal(await (await site.request('/page.txt')).text(), 'here')
  writeFileSync(join(place, 'file'), 'x')
  assert.equal((await filesSite(join(place, 'file')).request('/')).status, 404)
})
