import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type OrielProcess, startOriel } from '../support/command.ts'
import { makeFolder } from '../support/folder.ts'
import { RawClient } from '../support/raw-client.ts'

const posix = { skip: process.platform !== 'linux', timeout: 60_000 }
const DESCRIPTORS = 64
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
    listen: [{ port: 0 }],
    routes: [
      { match: '/take', resource: take },
      { match: '/give', resource: give },
      { match: '/hello', resource: () => new Response('hello') },
      { match: '/*', files: { root: './public', memory: 0 } },
    ],`

interface Serving {
  readonly oriel: OrielProcess
  readonly open: () => Promise<RawClient>
}

async function serving(t: TestContext, more: string = ''): Promise<Serving> {
  const folder = makeFolder({ 'oriel.config.mjs': `${CONFIG} ${more} }`, 'public/a.txt': 'a' })
  const oriel = startOriel(t, ['serve'], folder, { within: WITHIN })
  const port = Number(new URL(await oriel.url()).port)
  return {
    oriel,
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
      /limits\.connections is 1000, and a process may open only 64 .* the server will take 24 connections/,
    )
    const clients: RawClient[] = []
    for (let i = 0; i < 100; i++) clients.push(await open())
    const answers = await Promise.all(clients.map((client) => asked(client, '/a.txt').catch(() => 'closed')))
    assert.equal(answers.filter((answer) => answer === 'closed').length, 76)
    // All at once want their file, and 64 descriptors are few: some may be told to come again.
    const served = answers.filter((answer) => answer === '200 a')
    assert.ok(served.length > 8, answers.join())
    assert.equal(answers.filter((answer) => answer.startsWith('503 ')).length, 24 - served.length)
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
