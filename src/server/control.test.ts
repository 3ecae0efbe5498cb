import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chownSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { makeFolder } from '../../test/support/folder.ts'
import { gate } from '../../test/support/gate.ts'
import { ask, type Command, type Control, controlPath, controlPaths, hear, type Outcome } from './control.ts'

const posix = { timeout: 20_000, skip: process.platform === 'win32' }

/** A folder for sockets that is the first choice while a test runs. */
function runtime(t: TestContext): string {
  const before = process.env['XDG_RUNTIME_DIR']
  const folder = makeFolder()
  process.env['XDG_RUNTIME_DIR'] = folder
  t.after(() => {
    if (before === undefined) delete process.env['XDG_RUNTIME_DIR']
    else process.env['XDG_RUNTIME_DIR'] = before
  })
  return folder
}

async function hearing(
  t: TestContext,
  path: string,
  act: (command: Command) => Promise<Outcome> = async (command) => ({ ok: true, told: JSON.stringify(command) }),
  over: boolean = false,
): Promise<Control> {
  const control = await hear(path, over, act)
  t.after(() => control.close())
  return control
}

/** What comes back for bytes that are sent as they are; the empty string where the server cuts the connection. */
async function sent(path: string, text: string): Promise<string> {
  const socket = connect({ path, allowHalfOpen: true })
  let got = ''
  socket.on('data', (bytes) => {
    got += bytes.toString()
  })
  socket.on('error', () => undefined)
  socket.end(text)
  await new Promise((resolve) => socket.once('close', resolve))
  return got
}

test('a command is heard, and its outcome comes back', posix, async (t) => {
  const path = join(makeFolder(), 'c.sock')
  await hearing(t, path)
  assert.equal(lstatSync(path).mode & 0o777, 0o600)
  for (const command of [
    { do: 'reload' },
    { do: 'replace', program: ['node', 'ä'.repeat(1000)], folder: '/' },
  ] as const) {
    assert.deepEqual(await ask(path, command), { ok: true, told: JSON.stringify(command) })
  }
})

test('what goes wrong is told to who asked, and the next is heard all the same', posix, async (t) => {
  const path = join(makeFolder(), 'c.sock')
  await hearing(t, path, () => Promise.reject(new Error('it cannot be done')))
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(await ask(path, { do: 'reload' }), { ok: false, told: 'it cannot be done' })
  }
})

for (const nonsense of [
  'null',
  '{}',
  '[]',
  '"reload"',
  '{"do":"dance"}',
  '{"do":"replace"}',
  '{"do":"replace","program":[],"folder":"/"}',
  '{"do":"replace","program":"sh","folder":"/"}',
  '{"do":"replace","program":["a",1],"folder":"/"}',
  '{"do":"replace","program":["a"]}',
  '{"do":"reload"',
  '\0\0',
  'GET / HTTP/1.1\r\n\r\n',
]) {
  test(`${JSON.stringify(nonsense)} is no command: nothing is done, and that is told`, posix, async (t) => {
    const path = join(makeFolder(), 'c.sock')
    const done: Command[] = []
    await hearing(t, path, async (command) => {
      done.push(command)
      return { ok: true, told: '' }
    })
    assert.equal((JSON.parse(await sent(path, nonsense)) as Outcome).ok, false)
    assert.deepEqual(done, [])
  })
}

test('nothing, and more than a command can be, are cut off', posix, async (t) => {
  const path = join(makeFolder(), 'c.sock')
  await hearing(t, path)
  assert.equal(await sent(path, ''), '')
  assert.equal(await sent(path, `{"do":"reload","x":"${'x'.repeat(1_000_000)}"}`), '')
  assert.equal((await ask(path, { do: 'reload' })).ok, true)
})

test('who goes before the outcome harms nobody', posix, async (t) => {
  const path = join(makeFolder(), 'c.sock')
  const [begun, over] = [gate(), gate()]
  await hearing(t, path, async () => {
    begun.open()
    await over.passed
    return { ok: true, told: 'late' }
  })
  const gone = connect(path).end('{"do":"reload"}')
  await begun.passed
  gone.destroy()
  await once(gone, 'close')
  over.open()
  assert.deepEqual(await ask(path, { do: 'reload' }), { ok: true, told: 'late' })
})

test('of two servers of one config the second is refused; a successor takes the place over', posix, async (t) => {
  const path = join(makeFolder(), 'c.sock')
  const first = await hearing(t, path, async () => ({ ok: true, told: 'first' }))
  await assert.rejects(
    hear(path, false, async () => ({ ok: true, told: '' })),
    { code: 'EADDRINUSE' },
  )
  assert.equal((await ask(path, { do: 'reload' })).told, 'first')
  await hearing(t, path, async () => ({ ok: true, told: 'second' }), true)
  first.close()
  assert.equal((await ask(path, { do: 'reload' })).told, 'second')
})

test('where nobody hears, asking fails', posix, async (t) => {
  const path = join(makeFolder(), 'c.sock')
  await assert.rejects(ask(path, { do: 'reload' }), { code: 'ENOENT' })
  const control = await hearing(t, path)
  control.close()
  await assert.rejects(ask(path, { do: 'reload' }), { code: 'ENOENT' })
})

test('the socket lies in a folder that is made for its owner alone, and has one name for each config', posix, (t) => {
  const folder = runtime(t)
  const [a, b] = [controlPath('/srv/a.json'), controlPath('/srv/b.json')]
  assert.match(a ?? '', new RegExp(`^${folder}/oriel/[0-9a-f]{16}\\.sock$`))
  assert.notEqual(a, b)
  assert.equal(lstatSync(join(folder, 'oriel')).mode & 0o777, 0o700)
  assert.ok(controlPaths('/srv/a.json').includes(a ?? ''))
})

test('to ask makes no folder', posix, (t) => {
  const folder = runtime(t)
  controlPaths('/srv/a.json')
  assert.deepEqual(readdirSync(folder), [])
})

test('who asks from another environment, or through a link, finds the server all the same', posix, (t) => {
  const other = makeFolder({ 'release/oriel.config.json': '{}' })
  symlinkSync('release', join(other, 'current'))
  const linked = join(other, 'current/oriel.config.json')
  const real = join(other, 'release/oriel.config.json')
  delete process.env['XDG_RUNTIME_DIR']
  const plain = controlPath(real) ?? ''
  runtime(t)
  controlPath(real)
  assert.ok(controlPaths(real).includes(plain))
  assert.ok(controlPaths(linked).includes(plain))
  const before = controlPath(linked)
  rmSync(join(other, 'current'))
  mkdirSync(join(other, 'next'))
  symlinkSync('next', join(other, 'current'))
  assert.equal(controlPath(linked), before, 'a deployment changes where the link leads')
  assert.ok(controlPaths(linked).includes(before ?? ''))
})

for (const [what, spoil] of [
  ['others may enter', (path: string) => mkdirSync(path, { mode: 0o755 })],
  ['its group may enter', (path: string) => mkdirSync(path, { mode: 0o710 })],
  ['it is a link, even to a private folder', (path: string) => symlinkSync(makeFolder(), path)],
  ['it leads nowhere', (path: string) => symlinkSync('nowhere', path)],
] as const) {
  test(`a folder is not used where ${what}`, posix, (t) => {
    const folder = runtime(t)
    spoil(join(folder, 'oriel'))
    assert.equal(controlPath('/srv/a.json')?.startsWith(folder) ?? false, false)
    assert.equal(
      controlPaths('/srv/a.json').some((path) => path.startsWith(folder)),
      false,
    )
  })
}

test('a folder of somebody else is not used', posix, (t) => {
  if (process.getuid?.() !== 0) return t.skip('only root can make a folder of somebody else')
  const folder = runtime(t)
  mkdirSync(join(folder, 'oriel'), { mode: 0o700 })
  chownSync(join(folder, 'oriel'), 65534, 65534)
  assert.equal(controlPath('/srv/a.json')?.startsWith(folder) ?? false, false)
})
