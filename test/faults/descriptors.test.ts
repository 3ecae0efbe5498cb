import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type OrielProcess, startOriel } from '../support/command.ts'
import { fill, makeFolder } from '../support/folder.ts'
import { RawClient } from '../support/raw-client.ts'

const posix = { skip: process.platform !== 'linux', timeout: 60_000 }
/** Node 20 has some fifty files open at once when it reads the modules of the program, and more beside other load. */
const DESCRIPTORS = 160
/** See io/descriptors. */
const CONNECTIONS = ((DESCRIPTORS - 32) * 3) / 4
/** The command is exchanged for the program: a signal to it reaches the server. */
const WITHIN = ['sh', '-c', `ulimit -n ${DESCRIPTORS} && exec "$@"`, 'sh']

const CONFIG = `
  import { closeSync, openSync } from 'node:fs'
  const taken = []
  function take() {
    try {
      for (;;) taken.push(openSync('/dev/null', 'r'))
    } catch (error) {
      return new Response(error.code)
    }
  }
  function give() {
    for (const fd of taken.splice(0)) closeSync(fd)
    return new Response('given')
  }
  export default {
    listen: [{ port: 0, http2: true }],
    routes: [
      { match: '/take', resource: take },
      { match: '/give', resource: give },
      { match: '/hello', resource: () => new Response('hello') },
      { match: '/*', files: { root: './public', memory: 0, write: true } },
    ],`

interface Serving {
  readonly oriel: OrielProcess
  readonly open: () => Promise<RawClient>
  readonly folder: string
  readonly url: string
}

async function serving(t: TestContext, more: string = ''): Promise<Serving> {
  const folder = makeFolder({ 'oriel.config.mjs': `${CONFIG} ${more} }`, 'public/a.txt': 'a' })
  const oriel = startOriel(t, ['serve'], folder, { within: WITHIN })
  const url = (await oriel.printed(/ at (https?:\/\/[^\s,]+)/))[1] ?? ''
  const port = Number(new URL(url).port)
  return {
    oriel,
    url,
    folder,
    open: async () => {
      const client = await RawClient.open({ port, host: '127.0.0.1' })
      t.after(() => client.destroy())
      return client
    },
  }
}

async function asked(client: RawClient, path: string): Promise<string> {
  client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
  const { status, body } = await client.answer()
  return `${status} ${body}`
}

test(
  'without a descriptor left, connections that are open are served, none hangs, and all is well after',
  posix,
  async (t) => {
    const { oriel, open } = await serving(t)
    const first = await open()
    for (let round = 0; round < 3; round++) {
      assert.equal(await asked(first, '/take'), '200 EMFILE')
      // The system closes them at once, or, where a thread of Node's has got the last descriptor, lets them wait.
      const answers: Promise<string>[] = []
      for (let i = 0; i < 20; i++) answers.push(asked(await open(), '/hello').catch(() => 'closed'))
      assert.equal(await asked(first, '/hello'), '200 hello')
      assert.match(await asked(first, '/a.txt'), /^503 /)
      assert.equal(await asked(first, '/give'), '200 given')
      for (const answer of await Promise.all(answers)) assert.match(answer, /^(?:closed|200 hello)$/)
      const next = await open()
      assert.equal(await asked(next, '/a.txt'), '200 a')
      next.destroy()
    }
    oriel.signal('SIGTERM')
    first.destroy()
    const { code, stderr } = await oriel.ended
    assert.equal(code, 0)
    assert.doesNotMatch(stderr, /Uncaught|node:internal/)
  },
)

test(
  'more connections than there are descriptors for are turned away, and some are left for files',
  posix,
  async (t) => {
    const { oriel, open } = await serving(t, 'limits: { connections: 1000 },')
    await oriel.printed(
      new RegExp(
        `connections is 1000, and a process may open only ${DESCRIPTORS} .* will take ${CONNECTIONS} connections`,
      ),
    )
    const clients: RawClient[] = []
    for (let i = 0; i < 200; i++) clients.push(await open())
    // Only then are all others accepted: files that are opened meanwhile would leave too few descriptors for them.
    await Promise.all(clients.slice(CONNECTIONS).map((client) => client.closed()))
    const answers = await Promise.all(clients.map((client) => asked(client, '/a.txt').catch(() => 'closed')))
    assert.equal(answers.filter((answer) => answer === 'closed').length, 200 - CONNECTIONS)
    // All at once want their file, and the descriptors are few: some may be told to come again.
    const served = answers.filter((answer) => answer === '200 a')
    assert.ok(served.length > 8, answers.join())
    assert.equal(answers.filter((answer) => answer.startsWith('503 ')).length, CONNECTIONS - served.length)
    await oriel.printed(/Connections were turned away: limits\.connections .* count=\d+/)
    for (const client of clients) client.destroy()
    for (let answer = ''; answer !== '200 a'; ) {
      const next = await open()
      answer = await asked(next, '/a.txt').catch(() => 'closed')
      next.destroy()
    }
    oriel.signal('SIGTERM')
    const { code, stderr } = await oriel.ended
    assert.equal(code, 0)
    assert.ok((stderr.match(/turned away/g) ?? []).length < 5, `a report a while, not one a connection: ${stderr}`)
  },
)

test(
  'without a descriptor left, requests by HTTP/2 and uploads are told to come again, and are served after',
  posix,
  async (t) => {
    const { oriel, open, folder, url } = await serving(t)
    const client = await open()
    const session = connectHttp2(url)
    t.after(() => session.destroy())
    assert.equal(await askedByHttp2(session, 'GET', '/a.txt'), '200 a')
    for (let round = 0; round < 3; round++) {
      assert.equal(await asked(client, '/take'), '200 EMFILE')
      assert.equal(await askedByHttp2(session, 'GET', '/hello'), '200 hello')
      assert.match(await askedByHttp2(session, 'GET', '/a.txt'), /^503 /)
      assert.match(await askedByHttp2(session, 'PUT', '/up.txt', 'new'), /^50[37] /)
      client.send('PUT /up.txt HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nnew')
      assert.match(String((await client.answer()).status), /^50[37]$/)
      assert.equal(await asked(client, '/give'), '200 given')
      assert.deepEqual(readdirSync(join(folder, 'public')), ['a.txt'])
      assert.equal(await askedByHttp2(session, 'GET', '/a.txt'), '200 a')
    }
    assert.equal(await askedByHttp2(session, 'PUT', '/up.txt', 'new'), '201 ')
    assert.equal(await asked(client, '/up.txt'), '200 new')
    session.close()
    client.destroy()
    oriel.signal('SIGTERM')
    const { code, stderr } = await oriel.ended
    assert.equal(code, 0)
    assert.doesNotMatch(stderr, /Uncaught|node:internal/)
  },
)

test('a worker without a descriptor left delays none, and a reload is made or refused as a whole', posix, async (t) => {
  const { oriel, open, folder } = await serving(t, 'workers: 2,')
  const client = await open()
  assert.equal(await asked(client, '/take'), '200 EMFILE')
  for (let i = 0; i < 3; i++) oriel.signal('SIGHUP')
  await oriel.printed(/The reload failed, and the server goes on as it was|Reloaded /)
  assert.equal(await asked(client, '/hello'), '200 hello')
  assert.equal(await asked(client, '/give'), '200 given')
  fill(folder, { 'public/a.txt': 'b' })
  oriel.stdout = ''
  oriel.signal('SIGHUP')
  await oriel.printed(/Reloaded /)
  for (let i = 0; i < 8; i++) assert.equal(await asked(await open(), '/a.txt'), '200 b')
  client.destroy()
  oriel.signal('SIGTERM')
  assert.equal((await oriel.ended).code, 0)
})

function askedByHttp2(
  session: ClientHttp2Session,
  method: string,
  path: string,
  content: string = '',
): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': method, ':path': path }, { endStream: content === '' })
    let status = 0
    let text = ''
    stream.on('response', (fields) => {
      status = fields[':status'] ?? 0
    })
    stream.setEncoding('utf8').on('data', (more: string) => {
      text += more
    })
    stream.on('end', () => resolve(`${status} ${text}`)).on('error', reject)
    if (content !== '') stream.end(content)
  })
}
