import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bind } from '../../src/object/bind.ts'
import { runOriel, startOriel } from '../support/command.ts'
import { makeFolder } from '../support/folder.ts'

const SOON = { timeout: 60_000 }
const PAUL = `
import { publish, Resource, Response, type Request } from 'oriel'
class Echo extends Resource {
  GET(request: Request) { return new Response('echo ' + request.path) }
}
await publish('paul', { echo: new Echo() })
`
const NOTES = `
import { Resource, Response } from 'oriel'
export class Counter extends Resource { n = 0; GET() { return new Response(String(++this.n)) } }
export const other = { GET: () => new Response('other') }
export function helper() { return new Response('never') }
export const limit = 7
`
const files = {
  'paul.ts': PAUL,
  'notes.ts': NOTES,
  'none.ts': 'export const limit = 7\n',
  'one.ts': "import { Response } from 'oriel'\nexport default () => new Response('one')\n",
}

function around(): { env: NodeJS.ProcessEnv } {
  return { env: { XDG_RUNTIME_DIR: makeFolder() } }
}

test('a module that publishes is run by hand: its handle is printed, and it ends gently', SOON, async (t) => {
  const oriel = startOriel(t, ['publish', './paul.ts'], makeFolder(files), around())
  const [, handle = ''] = await oriel.printed(/^(fastcgi:unix:\S+\/oriel\/paul\.sock)\n/)
  assert.equal(await (await bind(handle, 'echo').GET('/a')).text(), 'echo /a')
  oriel.signal('SIGTERM')
  const { code, stdout } = await oriel.ended
  assert.deepEqual([code, stdout], [0, `${handle}\n`])
})

test('one that exports resources is published under the name of its file; functions are not', SOON, async (t) => {
  const oriel = startOriel(t, ['publish', 'notes.ts', '--listen', '127.0.0.1:0'], makeFolder(files), around())
  const [, handle = ''] = await oriel.printed(/^(fastcgi:127\.0\.0\.1:\d+)\n/)
  assert.equal(await (await bind(handle, 'Counter').GET('/')).text(), '1')
  assert.equal(await (await bind(handle, 'other').GET('/')).text(), 'other')
  await assert.rejects(bind(handle, 'helper').GET('/'), { status: 404 })
})

test('what it exports by default has the name of the file, and --name is that of the server', SOON, async (t) => {
  const oriel = startOriel(t, ['publish', 'one.ts', '--name', 'two'], makeFolder(files), around())
  const [, handle = ''] = await oriel.printed(/^(fastcgi:unix:\S+\/two\.sock)\n/)
  assert.equal(await (await bind(handle, 'one').GET('/')).text(), 'one')
})

test('with --http browsers are answered too, by the same objects', SOON, async (t) => {
  const oriel = startOriel(t, ['publish', 'notes.ts', '--http', '0'], makeFolder(files), around())
  const [, handle = ''] = await oriel.printed(/^(fastcgi:\S+)\n/)
  const url = await oriel.url()
  assert.equal(await (await bind(handle, 'Counter').GET('/')).text(), '1')
  assert.equal(await (await fetch(`${url}/Counter@notes`)).text(), '2')
  assert.equal((await fetch(url, { redirect: 'manual' })).headers.get('location'), '/info@root')
  oriel.signal('SIGTERM')
  assert.equal((await oriel.ended).code, 0)
})

test('a binding handle is served to browsers', SOON, async (t) => {
  const folder = makeFolder(files)
  const oriel = startOriel(t, ['publish', 'module:./paul.ts', '--http', '127.0.0.1:0'], folder, around())
  assert.equal(await (await fetch(`${await oriel.url()}/echo@paul/7`)).text(), 'echo /echo@paul/7')
})

const MISTAKES: readonly (readonly [args: readonly string[], said: RegExp])[] = [
  [['gone.ts'], /^oriel: gone\.ts: there is no file \S+gone\.ts\n$/],
  [
    ['dumb.py'],
    /^oriel: dumb\.py is no module in JavaScript or TypeScript; .*"command:python3 dumb\.py" --http 8080\n$/,
  ],
  [['none.ts'], /^oriel: none\.ts: it publishes nothing: it must call publish/],
  [['paul.ts', '--name', 'a/b'], /^oriel: "a\/b" is no name of an object server.*give another by --name\n$/],
  [['paul.ts', '--http', 'x'], /^oriel: --http x is no address: give a port, or host:port\n$/],
  [['paul.ts', '--listen', '0.0.0.0:0'], /can be reached from other machines.*say who may/],
  [['command:node a.mjs'], /is a binding handle already: give --http/],
  [['http:a', '--http', '0'], /is no binding handle: expected module:FILE/],
]

for (const [args, said] of MISTAKES) {
  test(`oriel publish ${args.join(' ')} says what to do`, SOON, async (t) => {
    const { code, stderr, stdout } = await runOriel(t, ['publish', ...args], makeFolder(files), around())
    assert.match(stderr, said)
    assert.deepEqual([code, stdout], [2, ''])
  })
}
