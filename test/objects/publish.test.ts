import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { publish } from '../../src/door/publish/publish.ts'
import { Response } from '../../src/message/response.ts'
import { bind } from '../../src/object/bind.ts'
import { startSpawnFcgi } from '../support/fastcgi-programs.ts'
import { makeFolder } from '../support/folder.ts'
import { PublishingProgram, runPublishing } from '../support/published.ts'

const SOON = { timeout: 30_000 }
const hello = { hello: () => new Response('hello') }

test(
  'by hand a program has a socket of its user alone, and prints its binding handle, which can be pasted',
  SOON,
  async (t) => {
    const program = runPublishing(t, 'published-objects')
    const handle = await program.handle()
    const socket = join(program.runtime, 'oriel/tests.sock')
    assert.equal(handle, `fastcgi:unix:${socket}`)
    assert.deepEqual([statSync(socket).mode & 0o777, program.stdout], [0o600, `${handle}\n`])
    const counter = bind(handle, 'counter')
    assert.equal(await (await counter.GET('/')).text(), '1')
    assert.equal(await (await counter.GET('/')).text(), '2')
  },
)

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(
    `by ${signal} what runs is answered, nothing more is taken, and the process ends though it has more open`,
    SOON,
    async (t) => {
      const program = runPublishing(t, 'published-ending')
      const handle = await program.handle()
      const answer = bind(handle, 'slow').GET('/')
      await program.printed(/^asked$/m)
      program.child.kill(signal)
      await program.printed(/^told to end$/m)
      await assert.rejects(bind(handle, 'quick').GET('/'), { status: 503 })
      program.child.send?.('go')
      program.child.stdin?.end()
      writeFileSync(join(program.runtime, 'go'), '')
      assert.equal(await (await answer).text(), 'slow')
      assert.equal(await program.ended, 0)
      assert.ok(!existsSync(handle.slice('fastcgi:unix:'.length)), 'it left its socket')
    },
  )
}

test('a second signal ends a program at once', SOON, async (t) => {
  const program = runPublishing(t, 'published-ending')
  const answer = bind(await program.handle(), 'slow').GET('/')
  await program.printed(/^asked$/m)
  program.child.kill('SIGTERM')
  await program.printed(/^told to end$/m)
  program.child.kill('SIGTERM')
  await assert.rejects(answer, { status: 502 })
  assert.equal(await program.ended, 'SIGTERM')
})

test('a program that has listeners of its own for signals says itself when it ends', SOON, async (t) => {
  const program = runPublishing(t, 'published-ending', ['own'])
  await program.handle()
  program.child.kill('SIGTERM')
  assert.equal(await program.ended, 7)
})

test('when it is closed and nothing else is open, the process ends', SOON, async (t) => {
  const program = runPublishing(t, 'published-ending', ['closes'])
  assert.equal(await program.ended, 0)
})

test('the socket of a living program is not taken, and the error says so; that of a killed one is', SOON, async (t) => {
  const first = runPublishing(t, 'published-objects')
  const handle = await first.handle()
  const env = { XDG_RUNTIME_DIR: first.runtime }
  const second = runPublishing(t, 'published-objects', [], env)
  assert.equal(await second.ended, 1)
  assert.match(second.stderr, /tests cannot be published at \S+tests\.sock: somebody listens there already/)
  assert.equal(await (await bind(handle, 'counter').GET('/')).text(), '1')
  await first.kill()
  const third = runPublishing(t, 'published-objects', [], env)
  assert.equal(await third.handle(), handle)
  assert.equal(await (await bind(handle, 'counter').GET('/')).text(), '1')
})

test('a program that Oriel starts listens on the socket that Oriel has for it, and prints nothing', SOON, async (t) => {
  const socket = join(makeFolder(), 'a.sock')
  const program = runPublishing(t, 'published-objects', [], { ORIEL_PUBLISH: '1', SOCKET: socket })
  while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.equal(await (await bind(`fastcgi:unix:${socket}`, 'counter').GET('/')).text(), '1')
  program.child.kill('SIGTERM')
  assert.deepEqual([await program.ended, program.stdout], [0, ''])
})

test('spawn-fcgi hands its socket over', SOON, async (t) => {
  const program = join(import.meta.dirname, '../support/published-objects.js')
  const app = await startSpawnFcgi(t, [process.execPath, program])
  if (app === undefined) return
  assert.equal(await (await bind(`fastcgi:unix:${app.socket}`, 'counter').GET('/')).text(), '1')
})

test('a pipe of whoever started a program is no socket that was handed over', SOON, async (t) => {
  const program = join(import.meta.dirname, '../support/published-objects.js')
  // Node makes a pair of sockets for a pipe.
  const child = spawn(process.execPath, [program], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, XDG_RUNTIME_DIR: makeFolder() },
  })
  t.after(() => child.kill('SIGKILL'))
  const [line] = await once(child.stdout, 'data')
  assert.match(String(line), /^fastcgi:unix:\S+tests\.sock\n$/)
})

test('permissions and the group of a socket are those of listen', SOON, async (t) => {
  const unix = join(makeFolder(), 'a.sock')
  const publication = await publish('paul', hello, {
    listen: { unix, mode: '0660', group: String(process.getgid?.()) },
  })
  t.after(() => publication.close())
  assert.equal(publication.handle, `fastcgi:unix:${unix}`)
  const { mode, gid } = statSync(unix)
  assert.deepEqual([mode & 0o777, gid], [0o660, process.getgid?.()])
})

test('by TCP the handle has the port that the system chose', SOON, async (t) => {
  const publication = await publish('paul', hello, { listen: '127.0.0.1:0' })
  t.after(() => publication.close())
  assert.match(publication.handle, /^fastcgi:127\.0\.0\.1:[1-9]\d*$/)
  assert.equal(await (await bind(publication.handle, 'hello').GET('/')).text(), 'hello')
})

test('where other machines can connect, it must be said which ones may', SOON, async (t) => {
  await assert.rejects(
    publish('paul', hello, { listen: '0.0.0.0:0' }),
    /can be reached from other machines.*say who may/,
  )
  const open = await publish('paul', hello, { listen: '0.0.0.0:0', webServerAddresses: ['loopback'] })
  t.after(() => open.close())
  const port = open.handle.split(':').pop()
  assert.equal(await (await bind(`fastcgi:127.0.0.1:${port}`, 'hello').GET('/')).text(), 'hello')
})

test('listeners for signals are there only while something is published', SOON, async () => {
  const before = process.listenerCount('SIGTERM')
  const one = await publish('one', hello, { listen: '127.0.0.1:0' })
  const two = await publish('two', hello, { listen: '127.0.0.1:0' })
  assert.equal(process.listenerCount('SIGTERM'), before + 1)
  await one.close()
  assert.equal(process.listenerCount('SIGTERM'), before + 1)
  await Promise.all([two.close(), two.close()])
  assert.equal(process.listenerCount('SIGTERM'), before)
})

test('what cannot be published is told at once', SOON, async () => {
  const listen = '127.0.0.1:0'
  await assert.rejects(publish('a/b', hello, { listen }), /"a\/b" is no name of an object server/)
  await assert.rejects(publish('root', hello, { listen }), /cannot be called root/)
  await assert.rejects(publish('paul', { info: hello.hello }, { listen }), /an object cannot be called info/)
  await assert.rejects(publish('paul', { echo: 7 }, { listen }), /^TypeError: the object echo: a resource is a class/)
})

test('a rejection that nobody awaits ends the process, as Node has it', SOON, async (t) => {
  const program = new PublishingProgram(join(import.meta.dirname, '../support/published-objects.js'))
  t.after(() => program.kill())
  const object = bind(await program.handle(), 'forgets')
  await assert.rejects(object.GET('/?now'), { status: 502 })
  assert.equal(await program.ended, 1)
  assert.match(program.stderr, /Error: forgotten/)
})
