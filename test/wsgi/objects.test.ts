import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { publish } from '../../src/door/publish/publish.ts'
import { Resource } from '../../src/message/dispatch.ts'
import { HttpError } from '../../src/message/errors.ts'
import { canonicalPath } from '../../src/message/path.ts'
import type { Request } from '../../src/message/request.ts'
import { Response } from '../../src/message/response.ts'
import { bind } from '../../src/object/bind.ts'
import { makeFolder } from '../support/folder.ts'
import { needPeer } from '../support/peers.ts'
import { run } from '../support/run.ts'

const ROOT = join(import.meta.dirname, '../../..')
const PYTHON = join(ROOT, 'python')
const LIMIT = { timeout: 60_000 }

/** Starts an object server by hand. Returns the binding handle that it prints. */
async function startedByHand(t: TestContext, python: string, file: string): Promise<string> {
  const env = { PATH: process.env['PATH'], PYTHONPATH: PYTHON, XDG_RUNTIME_DIR: makeFolder() }
  const program: ChildProcess = spawn(python, ['-B', file], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(program, 'exit')
  t.after(async () => {
    program.kill()
    await ended
  })
  assert.ok(program.stdout !== null)
  for await (const line of createInterface(program.stdout)) return line
  throw new Error('it printed no handle')
}

test('the object of the paper, in Python, is called from TypeScript by the handle that it prints', LIMIT, async (t) => {
  const python = needPeer(t, 'python3')
  if (python === undefined) return
  const dumb = bind(await startedByHand(t, python, join(ROOT, 'examples/published/dumb.py')), 'dumb')
  const query = '?x=1&y=2&z=3&z=4&z=5'
  const answer = await dumb.GET(`/${query}`)
  assert.equal(await answer.text(), "Query([('x', '1'), ('y', '2'), ('z', '3'), ('z', '4'), ('z', '5')])")
  assert.equal((await dumb.POST('/', { body: 'form' })).status, 200)
  await assert.rejects(dumb.PUT('/'), (error) => error instanceof HttpError && error.status === 405)
  const many = await Promise.all(Array.from({ length: 200 }, async (_, i) => (await dumb.GET(`/?i=${i}`)).text()))
  for (const [i, text] of many.entries()) assert.equal(text, `Query([('i', '${i}')])`)
})

test('notes in Python: state, JSON, a stream both ends of which stay', LIMIT, async (t) => {
  const python = needPeer(t, 'python3')
  if (python === undefined) return
  const handle = await startedByHand(t, python, join(ROOT, 'examples/published/notes.py'))
  const notes = bind(handle, 'notes')
  const events = await bind(handle, 'changes').GET('/')
  const stream = (events.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]()
  assert.match(Buffer.from((await stream.next()).value ?? '').toString(), /hello/)
  const made = await notes.POST('/', { body: '"milk"' })
  assert.equal(made.status, 201)
  assert.equal(made.headers.get('location'), '/1')
  let seen = ''
  while (!seen.includes('milk')) seen += Buffer.from((await stream.next()).value ?? '').toString()
  await stream.return?.()
  assert.deepEqual(await (await notes.GET('/1')).json(), { text: 'milk', owner: null })
  await assert.rejects(notes.POST('/', { body: '{' }), (error) => error instanceof HttpError && error.status === 400)
  await assert.rejects(
    notes.GET('/2'),
    (error) => error instanceof HttpError && error.status === 404 && error.detail === 'There is no such note.',
  )
})

test('an object in TypeScript is called from Python', LIMIT, async (t) => {
  const python = needPeer(t, 'python3')
  if (python === undefined) return
  class Echo extends Resource {
    override GET(request: Request): Response {
      if (request.query.has('missing')) throw new HttpError(404, { code: 'missing', detail: 'Not thére.' })
      return Response.json([...request.headers.raw()])
    }
    override async POST(request: Request): Promise<Response> {
      return new Response(String((await request.bytes()).byteLength))
    }
  }
  const publication = await publish('anna', { echo: new Echo() }, { listen: `unix:${join(makeFolder(), 's')}` })
  t.after(() => publication.close())
  const script = `
import oriel, sys
with oriel.bind(sys.argv[1], 'echo') as echo:
    print(echo.GET(oriel.Request('/a', headers={'X-A': ['1', '2'], 'x-b': 'é'})).text())
    print(echo.POST(oriel.Request('/', body=(bytes(1000) for _ in range(900)))).text())
    try:
        echo.GET('/?missing')
    except oriel.HttpError as error:
        print(error.status, error.code, ascii(error.detail))
    print(echo.info()['methods'])
`
  const env = { ...process.env, PYTHONPATH: PYTHON, PYTHONIOENCODING: 'utf-8' }
  const { code, stdout, stderr } = await run(python, ['-B', '-c', script, publication.handle], { env })
  assert.equal(code, 0, stderr)
  assert.deepEqual(stdout.trim().split('\n'), [
    '[["X-A","1"],["X-A","2"],["x-b","é"]]',
    '900000',
    "404 missing 'Not th\\xe9re.'",
    "['GET', 'POST', 'HEAD', 'OPTIONS']",
  ])
})

test('paths have the same canonical form in Python', LIMIT, async (t) => {
  const python = needPeer(t, 'python3')
  if (python === undefined) return
  const pieces = ['/', '.', '%2e', '%2F', '%5c', 'a', '%41', '%zz', ' ', 'é', '~', '!', '%00', '\\', '{', '%c3%A9', '%']
  const paths: string[] = []
  for (let i = 0; i < 4000; i++) {
    let path = '/'
    for (let n = (i * 7919) % 6, seed = i * 31 + 7; n >= 0; n--, seed = (seed * 1103515245 + 12345) % 2147483648) {
      path += pieces[seed % pieces.length]
    }
    paths.push(path)
  }
  const script = `
import json, sys
from oriel.objects.path import canonical_path
print(json.dumps([canonical_path(path) for path in json.load(open(sys.argv[1], encoding='utf-8'))]))
`
  const file = join(makeFolder({ 'paths.json': JSON.stringify(paths) }), 'paths.json')
  const { code, stdout, stderr } = await run(python, ['-B', '-c', script, file], { cwd: PYTHON })
  assert.equal(code, 0, stderr)
  const theirs = JSON.parse(stdout) as (string | null)[]
  for (const [i, path] of paths.entries()) assert.equal(theirs[i], canonicalPath(path) ?? null, path)
})
