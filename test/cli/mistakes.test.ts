import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { noOtherUser } from '../support/another-user.ts'
import { runOriel, startOriel } from '../support/command.ts'
import { fill, makeFolder } from '../support/folder.ts'
import { freePorts } from '../support/ports.ts'

const SOON = { timeout: 60_000 }
const posix = { ...SOON, skip: process.platform === 'win32' }

const yaml = (...lines: string[]): string => `${[...lines, 'routes: [{ match: /*, respond: hello }]'].join('\n')}\n`

test('check finds what would only be told when the server starts', posix, async (t) => {
  const folder = makeFolder()
  const cases = [
    ['user: nobody-of-this-name', /^oriel: there is no user nobody-of-this-name\n$/],
    ['{ user: daemon, group: none-of-this-name', /^oriel: there is no group none-of-this-name on this machine\n$/],
    ['log: [{ to: { file: ./no/log } }]', /:1: log\[0\]\.to: there is no folder \S+no: make it/],
    ['errorLog: { to: { file: ./no/log } }', /:1: errorLog\.to: there is no folder \S+no: make it/],
    ['listen: [{ unix: ./no/x.sock }]', /:1: listen\[0\]\.unix: there is no folder \S+no\n$/],
    [
      'listen: [{ unix: ./x.sock, group: none-of-this-name }]',
      /listen\[0\]\.group: there is no group none-of-this-name/,
    ],
  ] as const
  await Promise.all(
    cases.map(async ([text, expected], i) => {
      const [first = '', second = ''] = text.startsWith('{') ? text.slice(1).split(',') : [text]
      fill(folder, { [`${i}.yaml`]: yaml(first.trim(), second.trim()) })
      const { code, stdout, stderr } = await runOriel(t, ['check', '--config', `${i}.yaml`], folder)
      assert.match(stderr, expected)
      assert.deepEqual([code, stdout], [2, ''])
    }),
  )
})

test('the port is named where two addresses of a config cannot both be listened on', SOON, async (t) => {
  const [port = 0] = await freePorts(1)
  const folder = makeFolder({
    'oriel.config.yaml': yaml(`listen: [{ port: ${port}, host: 0.0.0.0 }, { port: ${port}, host: 0.0.0.0 }]`),
  })
  const { code, stderr } = await runOriel(t, ['serve'], folder)
  assert.equal(code, 1)
  assert.match(
    stderr,
    new RegExp(`^oriel: port ${port} is in use already\\. Stop what listens there, or choose another`),
  )
})

test('a folder that is not there is told of a Unix socket', posix, async (t) => {
  const folder = makeFolder({ 'oriel.config.yaml': yaml('listen: [{ unix: ./no/x.sock }]') })
  const { code, stderr } = await runOriel(t, ['serve'], folder)
  assert.equal(code, 1)
  assert.match(
    stderr,
    /^oriel: there is no folder for the socket \S+no\/x\.sock\. Make it, or choose another path\.\n$/,
  )
})

test('a reload that cannot have a port says so in the words of a start', posix, async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  const { port } = other.address() as AddressInfo
  const folder = makeFolder({ 'oriel.config.yaml': yaml('listen: [{ port: 0 }]') })
  const env = { XDG_RUNTIME_DIR: makeFolder() }
  const server = startOriel(t, ['serve'], folder, { env })
  await server.url()
  fill(folder, { 'oriel.config.yaml': yaml(`listen: [{ port: ${port} }]`) })
  const { code, stderr } = await runOriel(t, ['reload'], folder, { env })
  assert.equal(code, 1)
  const sentence = `port ${port} is in use already\\. Stop what listens there, or choose another, for instance \\d+\\.`
  assert.match(stderr, new RegExp(`^oriel: ${sentence}\nThe server goes on as it was\\.\n$`))
  await server.printed(new RegExp(`error: The reload failed, and the server goes on as it was: ${sentence}\n`))
})

test('a second server of the same config says that it does not hear commands', posix, async (t) => {
  const folder = makeFolder({ 'oriel.config.yaml': yaml('listen: [{ port: 0 }]') })
  const env = { XDG_RUNTIME_DIR: makeFolder() }
  const first = startOriel(t, ['serve'], folder, { env })
  await first.url()
  const second = startOriel(t, ['serve'], folder, { env })
  await second.printed(/warn: Another server of this config runs: "oriel reload" and "--replace" reach that one/)
  assert.equal(first.stderr, '')
})

test('a config that the user of the workers may not read names that user', posix, async (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root can become another user')
  const folder = makeFolder({ 'oriel.config.yaml': yaml('listen: [{ port: 0 }]', 'user: daemon') })
  chmodSync(folder, 0o700)
  const { code, stderr } = await runOriel(t, ['serve'], folder)
  assert.equal(code, 2)
  assert.match(stderr, /^oriel: the config \S+ cannot be read: EACCES: .* \(by the user daemon\)\n$/)
})

test('a folder that the user of the workers may not enter is no site', posix, async (t) => {
  const why = noOtherUser()
  if (why !== false) return t.skip(why)
  const folder = makeFolder({
    'public/index.html': 'x',
    'oriel.config.yaml': 'listen: [{ port: 0 }]\nuser: daemon\nroutes: [{ match: /*, files: ./public }]\n',
  })
  chmodSync(folder, 0o755)
  chmodSync(join(folder, 'public'), 0o700)
  const { code, stderr } = await runOriel(t, ['serve'], folder)
  assert.equal(code, 2)
  assert.match(stderr, /routes\[0\]\.files: this user may not enter the folder: EACCES: .* \(by the user daemon\)\n$/)
})

test('a config that is given to serve without its flag is told how', SOON, async (t) => {
  const { code, stderr } = await runOriel(t, ['serve', 'site.yaml'], makeFolder())
  assert.deepEqual([code, stderr], [2, 'oriel: serve takes no argument: name the config by --config\n'])
})
