import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { publish, Resource, Response, serve } from '../../src/index.ts'
import { runOriel } from '../support/command.ts'
import { makeFolder } from '../support/folder.ts'
import { Passwords } from '../support/passwords.ts'

class Notes extends Resource {
  override GET(): Response {
    return new Response('a note')
  }
  info() {
    return { description: 'Notes of everybody.\nMore.' }
  }
}

async function paul(t: TestContext): Promise<string> {
  const { handle, close } = await publish('paul', { notes: new Notes() }, { listen: `unix:${join(makeFolder(), 's')}` })
  t.after(close)
  return handle
}

/** What `oriel info` prints, of what hangs on time nothing. */
async function info(t: TestContext, ...args: string[]): Promise<string> {
  const { stdout, stderr, code } = await runOriel(t, ['info', ...args], makeFolder())
  return `${code}\n${stdout}${stderr}`
    .replace(/oriel\/\d\S*\d/g, 'oriel/N')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, 'THEN')
}

const ROUTES = [
  { match: '/n/*', object: 'notes@paul' },
  {
    match: { path: '/m', host: 'a.example', method: 'GET' },
    respond: 'x',
    access: { allow: { addresses: ['private'] } },
  },
]
const TOLD = `0
oriel/N, started THEN

paul: answers, fastcgi, oriel/N, since THEN
  /n  GET  Notes of everybody.

gone: does not answer, fastcgi
  It cannot be reached.

Routes
  /n/*             notes@paul
  /m at a.example  GET respond guarded
`

test('a site is asked by its URL, and by its Unix socket', async (t) => {
  const unix = join(makeFolder(), 'sock')
  const objects = { paul: await paul(t), gone: `fastcgi:unix:${join(makeFolder(), 'gone')}` }
  const server = await serve({ listen: [{ port: 0 }, { unix }], routes: ROUTES, objects })
  t.after(() => server.close())
  for (const end of ['', '/', '/info@root']) assert.equal(await info(t, `${server.url}${end}`), TOLD)
  assert.equal(await info(t, '--unix', unix), TOLD)
  const { servers } = JSON.parse((await info(t, '--json', server.url)).slice(2))
  assert.deepEqual(servers[0].objects[0].path, '/n')
  assert.equal((await info(t, `${server.url}/info@paul`)).split('\n')[2], '  /n  GET  Notes of everybody.')
})

test('an object server is asked by its handle', async (t) => {
  assert.equal(
    await info(t, await paul(t)),
    '0\npaul: answers, fastcgi, oriel/N, since THEN\n  notes  GET  Notes of everybody.\n',
  )
  const gone = `fastcgi:unix:${join(makeFolder(), 'gone')}`
  assert.match(await info(t, gone), /^1\n.*gone: does not answer, fastcgi\n {2}It cannot be reached\.\n$/)
})

test('name and password of the URL are told to the guard, and printed nowhere', async (t) => {
  const access = { scheme: 'basic', store: new Passwords() } as const
  const server = await serve({ port: 0, routes: [], info: { access } })
  t.after(() => server.close())
  const withLogin = (login: string) => server.url.replace('//', `//${login}@`)
  assert.equal(await info(t, withLogin('joe:secret')), '0\noriel/N, started THEN\n')
  assert.match(await info(t, server.url), /^1\noriel: http:\S+\/info@root wants a name and a password: put them/)
  const wrong = await info(t, withLogin('joe:wrong'))
  assert.match(wrong, /these were not right\n$/)
  assert.equal(wrong.includes('wrong@'), false)
})

test('what is not there, and what is no info, is said in words', async (t) => {
  const without = await serve({ port: 0, routes: [{ match: '/other/*', respond: 'x' }], info: false })
  t.after(() => without.close())
  const { url } = without
  for (const [args, said] of [
    [[url], /^1\noriel: there is no info at http:\S+\/info@root\. It is on by itself only for/],
    [[`${url}/other`], /^1\noriel: http:\S+\/other\/info@root answers, but not as Oriel does/],
    [['http://127.0.0.1:1'], /^1\noriel: nobody listens at http:\/\/127\.0\.0\.1:1\/info@root\n$/],
    [['--unix', '/nowhere/sock'], /^1\noriel: nobody listens at \/nowhere\/sock\n$/],
    [[], /^2\noriel: name a site/],
    [['paul'], /^2\noriel: paul is neither the URL of a site/],
    [['command:node paul.mjs'], /^2\noriel: command:node paul\.mjs: only a server that runs by itself can be asked/],
    [['http://'], /^2\noriel: http:\/\/ is no URL/],
  ] as const) {
    assert.match(await info(t, ...args), said)
  }
})

test('what a stranger says moves nothing in the terminal', async (t) => {
  const evil = '\u001b[2J\u001b]0;x\u0007\u202e\r\nx'
  const told = {
    site: { software: evil, since: evil },
    routes: [{ path: evil, kind: evil, methods: [evil], host: 'no list', info: { description: evil } }, {}],
    servers: [
      { name: evil, aliasOf: [evil], software: evil, since: 1, reason: evil, objects: [{ name: evil }, {}] },
      {},
    ],
  }
  const server = createServer((_, response) => void response.end(JSON.stringify(told)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as { port: number }
  const { stdout, code } = await runOriel(t, ['info', `http://127.0.0.1:${port}`], makeFolder())
  assert.equal(code, 0)
  assert.match(stdout, /^[^\0-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]+$/)
})
