import assert from 'node:assert/strict'
import { unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { callOf } from '../src/door/fastcgi/call.ts'
import type { Roles } from '../src/door/fastcgi/roles.ts'
import { serveFastCgi } from '../src/door/fastcgi/server.ts'
import type { Connection } from '../src/message/connection.ts'
import { HttpError } from '../src/message/errors.ts'
import type { Handler } from '../src/message/interface.ts'
import type { Request } from '../src/message/request.ts'
import { Response } from '../src/message/response.ts'
import { Site } from '../src/site/site.ts'
import { startEngine } from './support/engine.ts'
import { LONG_AGO, makeFolder, patterned } from './support/folder.ts'
import { openFiles } from './support/open-files.ts'
import { openFolder } from './support/peer-process.ts'
import { startPhpFpm } from './support/php-fpm.ts'
import { RawClient } from './support/raw-client.ts'

const SOON = { timeout: 60_000 }
const linux = { ...SOON, skip: process.platform !== 'linux' }

/** An application of our own, behind a socket. */
async function application(t: TestContext, roles: Roles): Promise<string> {
  const server = await serveFastCgi(roles, { listen: `unix:${join(makeFolder(), 'app.sock')}` })
  t.after(() => server.close())
  return server.address
}

/** What a program behind the guard is told of the user, and the content that it gets. */
const told: Handler = async (request, connection) => {
  const call = callOf(connection)
  return new Response(`${call?.variable('REMOTE_USER')} ${call?.variable('GROUP')} ${await request.text()}`)
}

test(
  'an Authorizer stands before another program: its variables reach it, the content is not touched',
  SOON,
  async (t) => {
    const address = await application(t, {
      responder: told,
      authorizer: (request: Request) => {
        if (request.query.get('key') !== 'open') throw new HttpError(403, { detail: 'No key, no entry.' })
        return new Response(null, { headers: { 'Variable-REMOTE_USER': 'joe', 'Variable-GROUP': 'staff' } })
      },
    })
    const site = new Site({ routes: [{ match: '/*', fastcgi: address, access: { authorizer: { fastcgi: address } } }] })
    const { port } = await startEngine(t, { handler: (request, connection) => site.handle(request, connection) })
    const client = await RawClient.open({ port, host: '127.0.0.1' })
    t.after(() => client.socket.destroy())
    for (let i = 0; i < 3; i++) {
      client.send(`POST /a?key=open HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`)
      assert.equal((await client.answer('POST')).body, 'joe staff hello')
      client.send('GET /a HTTP/1.1\r\nHost: a\r\nREMOTE_USER: evil\r\n\r\n')
      const refused = await client.answer()
      assert.equal(refused.status, 403)
      assert.match(refused.body, /No key, no entry/)
    }
  },
)

test('without an Authorizer to be asked nobody comes in', SOON, async (t) => {
  const address = await application(t, { responder: told })
  for (const authorizer of [`unix:${join(makeFolder(), 'none.sock')}`, address]) {
    const site = new Site({ routes: [{ match: '/*', respond: 'in', access: { authorizer: { fastcgi: authorizer } } }] })
    const { status } = await site.request('/')
    assert.ok(status === 502 || status === 503, `${status}: nobody listens, or not in this role`)
  }
})

test('php-fpm is an Authorizer where a script is named', SOON, async (t) => {
  const fpm = await startPhpFpm(t)
  if (fpm === undefined) return
  const folder = openFolder({
    'auth.php': `<?php
      if (($_SERVER['PHP_AUTH_PW'] ?? '') !== 'secret') { header('WWW-Authenticate: Basic realm="x"', true, 401); echo 'who?'; exit; }
      header('Variable-REMOTE_USER: ' . $_SERVER['PHP_AUTH_USER']);`,
    'site/index.php': '<?php echo $_SERVER["REMOTE_USER"] ?? "nobody";',
    'site/a.txt': 'a file',
  })
  const address = `unix:${fpm.socket}`
  const access = { authorizer: { fastcgi: { address, script: join(folder, 'auth.php') } } }
  const site = new Site({
    routes: [{ match: '/*', access, fastcgi: { address, root: join(folder, 'site'), suffix: '.php' } }],
  })
  const refused = await site.request('/a.txt')
  assert.deepEqual([refused.status, await refused.text()], [401, 'who?'])
  const headers = { Authorization: `Basic ${btoa('joe:secret')}` }
  assert.equal(await (await site.request('/a.txt', { headers })).text(), 'a file')
  assert.equal(await (await site.request('/', { headers })).text(), 'joe')
})

/** A folder of data behind a filter that tells what it got, and gives the data back in capitals. */
async function filtered(t: TestContext, files: Readonly<Record<string, string | Uint8Array>>) {
  const address = await application(t, {
    filter: async (request: Request, connection: Connection) => {
      const content = await request.text()
      const data = callOf(connection)?.data
      const pieces: Uint8Array[] = []
      for await (const piece of data?.body ?? []) pieces.push(Buffer.from(piece))
      const bytes = Buffer.concat(pieces)
      const facts = [data?.size, Number(data?.modified), request.mount, request.rest, content].join('|')
      return new Response(bytes.toString('latin1').toUpperCase(), { headers: { 'X-Facts': facts } })
    },
  })
  const folder = makeFolder(files)
  const site = new Site({ routes: [{ match: '/docs/*', fastcgi: { address, role: 'filter', data: folder } }] })
  return { site, folder }
}

test('a Filter gets the file that the path names, its size and its time beside the request', SOON, async (t) => {
  const { site } = await filtered(t, {
    'a b.txt': 'some text',
    'sub/index.html': 'index',
    '.env': 'secret',
    'empty.txt': '',
  })
  const seconds = LONG_AGO.getTime() / 1000
  const answer = await site.request('/docs/a%20b.txt', { method: 'POST', body: 'question' })
  assert.equal(await answer.text(), 'SOME TEXT')
  const [size, modified, , , content] = (answer.headers.get('x-facts') ?? '').split('|')
  assert.deepEqual([size, content], ['9', 'question'])
  assert.ok(Number(modified) === seconds || Number(modified) === seconds * 1000, modified)
  assert.equal(await (await site.request('/docs/sub/')).text(), 'INDEX')
  assert.equal((await site.request('/docs/sub')).headers.get('location'), '/docs/sub/')
  assert.equal(await (await site.request('/docs/empty.txt')).text(), '')
  for (const path of ['/docs/none', '/docs/.env', '/docs/', '/docs/a%20b.txt/', '/docs/sub%2Findex.html']) {
    assert.equal((await site.request(path)).status, 404, path)
  }
})

test('a large file goes through a Filter whole', SOON, async (t) => {
  const bytes = patterned(10_000_000)
  const { site } = await filtered(t, { 'large.bin': bytes })
  const text = Buffer.from(await (await site.request('/docs/large.bin')).text(), 'utf8').toString()
  assert.equal(text, bytes.toString('latin1').toUpperCase())
})

test('a Filter leaves no descriptor open, however the request ends', linux, async (t) => {
  const { site, folder } = await filtered(t, { 'a.txt': 'text', 'large.bin': patterned(5_000_000) })
  await (await site.request('/docs/a.txt')).text()
  const broken = (async function* () {
    yield Buffer.from('half')
    throw new HttpError(400)
  })()
  assert.equal((await site.request('/docs/a.txt', { method: 'POST', body: broken })).status, 400)
  const gone = new AbortController()
  const left = site.request('/docs/large.bin', { signal: gone.signal })
  gone.abort()
  await left.catch(() => undefined)
  while (openFiles(folder).length > 0) await new Promise((resolve) => setTimeout(resolve, 5))
})

test('explain tells the variables of a Filter, and a file that goes is 404', SOON, async (t) => {
  const { site, folder } = await filtered(t, { 'a.txt': 'text', 'gone.txt': 'x' })
  const env = (await site.explain('GET', '/docs/a.txt')).lines
    .filter(([word]) => word === 'env')
    .map(([, text]) => text)
  assert.ok(env.includes('FCGI_DATA_LENGTH=4'))
  assert.ok(env.includes(`FCGI_DATA_LAST_MOD=${LONG_AGO.getTime() / 1000}`))
  assert.equal((await site.request('/docs/gone.txt')).status, 200)
  unlinkSync(join(folder, 'gone.txt'))
  assert.equal((await site.request('/docs/gone.txt')).status, 404)
})
