import assert from 'node:assert/strict'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { bind } from '../../src/object/bind.ts'
import { copyExample, serveExample } from '../support/example.ts'
import { type FastcgiProgram, startSpawnFcgi } from '../support/fastcgi-programs.ts'
import { openFolder } from '../support/peer-process.ts'
import { readmeBlock } from '../support/readme.ts'
import { startApache, startCaddy, startLighttpd, startNginx, type WebServer } from '../support/web-servers.ts'

/*
 * The same two objects in JavaScript and in Perl, published by hand: called by Oriel, by programs, and by web servers with
 * no Oriel between, each configured as docs/objects.md says.
 */

const LIMIT = { timeout: 60_000 }
const ROOT = join(import.meta.dirname, '../../..')

type Start = (t: TestContext) => Promise<FastcgiProgram | undefined>

/** The package by its name, which the example is to import. */
function javascript(): string {
  const code = readFileSync(join(ROOT, 'examples/published/notes.mjs'), 'utf8')
  const own = join(ROOT, 'build/src/index.js')
  const folder = openFolder({ 'notes.mjs': code.replace("from 'oriel'", `from ${JSON.stringify(own)}`) })
  const program = join(folder, 'notes.sh')
  writeFileSync(program, `#!/bin/sh\nexec ${process.execPath} ${join(folder, 'notes.mjs')}\n`)
  chmodSync(program, 0o755)
  return program
}

const PROGRAMS: Readonly<Record<string, Start>> = {
  JavaScript: (t) => startSpawnFcgi(t, [javascript()]),
  Perl: (t) => startSpawnFcgi(t, [join(copyExample('published'), 'joe.pl')]),
}

const SERVERS: Readonly<Record<string, (t: TestContext, socket: string) => Promise<WebServer | undefined>>> = {
  nginx: (t, socket) => startNginx(t, block(1, socket).replace(' fastcgi_params', ' /etc/nginx/fastcgi_params')),
  Apache: (t, socket) => startApache(t, block(2, socket)),
  lighttpd: (t, socket) => startLighttpd(t, `server.document-root = "${openFolder()}"\n${block(3, socket)}`),
  Caddy: (t, socket) => startCaddy(t, block(4, socket)),
}

function block(which: number, socket: string): string {
  return readmeBlock('From other web servers', which, { '/run/notes.sock': socket }, 'docs/objects.md')
}

/** Two notes, one that is not there, another object, and one that is none. */
async function holds(base: string, at: string = ''): Promise<void> {
  const notes = `${base}/notes${at}`
  for (const [i, body] of ['Milk', 'ü€'].entries()) {
    const made = await fetch(notes, { method: 'POST', body })
    assert.equal(made.status, 201, await made.text())
    assert.ok(made.headers.get('location')?.endsWith(`/notes${at}/${i + 1}`), made.headers.get('location') ?? '')
  }
  assert.equal(await (await fetch(`${notes}/1`)).text(), 'Milk')
  assert.equal(await (await fetch(`${notes}/2`)).text(), 'ü€')
  assert.equal((await fetch(`${notes}/7`)).status, 404)
  assert.equal(await (await fetch(`${base}/upper${at}`, { method: 'POST', body: 'loud' })).text(), 'LOUD')
  // nginx takes nothing of an answer before it has sent the whole request: more than this fits into no socket.
  const large = 'abc'.repeat(20_000)
  const said = await fetch(`${base}/upper${at}`, { method: 'POST', body: large })
  assert.ok((await said.text()) === large.toUpperCase())
  assert.equal((await fetch(`${base}/none${at}`)).status, 404)
}

for (const [language, start] of Object.entries(PROGRAMS)) {
  for (const [name, serve] of Object.entries(SERVERS)) {
    test(`objects in ${language}, called by ${name} with no Oriel between`, LIMIT, async (t) => {
      const program = await start(t)
      if (program === undefined) return
      const server = await serve(t, program.socket)
      if (server === undefined) return
      await holds(`${server.url}/objects`)
    })
  }

  test(`objects in ${language}, called directly`, LIMIT, async (t) => {
    const program = await start(t)
    if (program === undefined) return
    const handle = `fastcgi:unix:${program.socket}`
    const made = await bind(handle, 'notes').POST('http://a/', { body: 'Milk' })
    assert.equal(made.status, 201)
    assert.equal(await (await bind(handle, 'notes').GET('/1')).text(), 'Milk')
    const streamed = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('one ')
      yield Buffer.from('two')
    }
    assert.equal(await (await bind(handle, 'upper').POST('/', { body: streamed() })).text(), 'ONE TWO')
    const none = await bind(handle, 'none')
      .GET('/')
      .catch((error: { status: number }) => error)
    assert.equal(none.status, 404)
  })
}

test('the example as its README says: modules, commands, Perl', LIMIT, async (t) => {
  if ((await PROGRAMS['Perl']?.(t)) === undefined) return
  const folder = copyExample('published')
  const { url } = await serveExample(t, folder, { 'command:node notes.mjs': `command:${javascript()}` })
  await holds(url, '@joe')
  await holds(url, '@notes')
  assert.equal((await fetch(`${url}/echo@paul`)).status, 200)
})
