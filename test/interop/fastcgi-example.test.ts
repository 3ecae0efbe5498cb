import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ask } from '../support/client.ts'
import { startOriel } from '../support/command.ts'
import { copyExample } from '../support/example.ts'
import { startSpawnFcgi } from '../support/fastcgi-programs.ts'
import { fill } from '../support/folder.ts'
import { onFreePort, openFolder, startPeer } from '../support/peer-process.ts'
import { needPeer } from '../support/peers.ts'
import { readmeBlock } from '../support/readme.ts'
import { run } from '../support/run.ts'
import { startApache, startLighttpd } from '../support/web-servers.ts'

/*
 * The example itself, as its README has it: as a program of its own, started by others, and as authorizer of their pages.
 */

const LIMIT = { timeout: 60_000 }
const PACKAGE = join(import.meta.dirname, '../../..')
const KEY = { 'x-key': 'open' }
const LOGIN = { authorization: `Basic ${Buffer.from('ann:secret').toString('base64')}` }
/** Tells what an authorizer lets it know. */
const PRINTS = '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\nkeeper is $KEEPER\\n"\n'

/** The example with Oriel installed beside it. @returns The path of the application. */
function installed(): string {
  const folder = copyExample('fastcgi-app')
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(PACKAGE, join(folder, 'node_modules/oriel'))
  return join(folder, 'app.mjs')
}

/** Pages that somebody keeps: a file, and a CGI program. */
function keptPages(): string {
  const folder = openFolder()
  fill(folder, { 'kept/a.txt': 'kept file\n', 'kept/prints.cgi': PRINTS })
  chmodSync(join(folder, 'kept'), 0o755)
  chmodSync(join(folder, 'kept/prints.cgi'), 0o755)
  return folder
}

async function expected(url: string, cases: readonly (readonly [Record<string, string>, number, RegExp])[]) {
  for (const [headers, status, content] of cases) {
    const got = await ask(url, '/kept/a.txt', { headers })
    assert.deepEqual(
      [got.status, content.test(String(got.body))],
      [status, true],
      `${Object.keys(headers)}: ${got.body}`,
    )
    const printed = await ask(url, '/kept/prints.cgi', { headers })
    assert.equal(printed.status, status)
    if (status === 200) assert.equal(String(printed.body), 'keeper is ann\n')
  }
}

test('the application is asked by cgi-fcgi, as a CGI program would be', LIMIT, async (t) => {
  const client = needPeer(t, 'cgi-fcgi')
  const app = await startSpawnFcgi(t, [installed()])
  if (client === undefined || app === undefined) return
  const asked = async (env: Record<string, string>, ...words: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(client, [...words, '-connect', app.socket], { env })
    assert.equal(code, 0, stderr)
    return stdout
  }
  const env = { PATH: process.env['PATH'] ?? '', SCRIPT_NAME: '/app', PATH_INFO: '/x', REQUEST_METHOD: 'GET' }
  const first = await asked(env, '-bind')
  assert.match(
    first,
    /^Status: 200[^\n]*\r\n[\s\S]*\r\n\r\nrequest 1 of process \d+\npath \/app\/x\nmount \/app\nuser unknown\n$/,
  )
  assert.match(await asked({ ...env, REMOTE_USER: 'ann' }, '-bind'), /request 2 of process[\s\S]*user ann\n$/)
})

test('cgi-fcgi starts the application where it does not run', LIMIT, async (t) => {
  const client = needPeer(t, 'cgi-fcgi')
  if (client === undefined) return
  const app = installed()
  const socket = join(app, '../started.sock')
  await run(client, ['-start', '-connect', socket, app], { env: { PATH: process.env['PATH'] ?? '' } })
  const env = { SCRIPT_NAME: '/app', REQUEST_METHOD: 'GET' }
  const { stdout } = await run(client, ['-bind', '-connect', socket], { env })
  const pid = /request 1 of process (\d+)/.exec(stdout)?.[1]
  assert.ok(pid, stdout)
  process.kill(Number(pid), 'SIGTERM')
})

test('mod_authnz_fcgi lets in whom the application lets in', LIMIT, async (t) => {
  const app = installed()
  const folder = keptPages()
  const server = await onFreePort(async (port) => {
    const address = `127.0.0.1:${port}`
    await startPeer(t, app, [address], { port }, { folder: openFolder() })
    const directives = readmeBlock('Apache', 2, { '127.0.0.1:9000': address })
    const cgi = 'Options +ExecCGI\nAddHandler cgi-script .cgi'
    return startApache(t, `DocumentRoot ${folder}\n<Directory ${folder}>\n${cgi}\n</Directory>\n${directives}`)
  })
  if (server === undefined) return
  await expected(server.url, [
    [{}, 401, /Unauthorized/],
    [KEY, 401, /Unauthorized/],
    [LOGIN, 401, /Unauthorized/],
    [{ ...LOGIN, ...KEY }, 200, /^kept file\n$/],
  ])
})

test('lighttpd lets in whom the application lets in', LIMIT, async (t) => {
  const app = await startSpawnFcgi(t, [installed()])
  if (app === undefined) return
  const folder = keptPages()
  const changes = { '/run/app/app.sock': app.socket, '/srv/www': folder }
  const kept = readmeBlock('lighttpd', 1, changes)
  const server = await startLighttpd(t, `server.document-root = "${folder}"\ncgi.assign = (".cgi" => "")\n${kept}`)
  if (server === undefined) return
  await expected(server.url, [
    [{}, 403, /^Say X-Key: open\n$/],
    [KEY, 200, /^kept file\n$/],
  ])
})

test('Oriel lets in whom the application lets in', LIMIT, async (t) => {
  const app = await startSpawnFcgi(t, [installed()])
  if (app === undefined) return
  const folder = keptPages()
  const routes = readmeBlock('Oriel', 0, { '/run/app/app.sock': app.socket })
  const access = `access: { authorizer: { fastcgi: 'unix:${app.socket}' } }`
  const script = `{ match: '/kept/prints.cgi', cgi: { program: './kept/prints.cgi' }, ${access} },`
  const config = `export default { listen: [{ port: 0, host: '127.0.0.1' }], routes: [${routes} ${script}] }\n`
  fill(folder, { 'oriel.config.ts': config })
  const url = await startOriel(t, ['serve'], folder).url()
  await expected(url, [
    [{}, 403, /^Say X-Key: open\n$/],
    [KEY, 200, /^kept file\n$/],
  ])
  assert.match(
    String((await ask(url, '/app/some/path')).body),
    /^request \d+ of process \d+\npath \/app\/some\/path\nmount \/app\n/,
  )
  assert.equal(String((await ask(url, '/app', { method: 'POST', body: 'hello' })).body), '5 characters\n')
})
