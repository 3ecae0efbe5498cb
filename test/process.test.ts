import assert from 'node:assert/strict'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { ApplicationFailed } from '../src/process/failed.ts'
import { takesConnections } from '../src/process/ready.ts'
import { fill, makeFolder } from './support/folder.ts'
import { ask, behaving, lives, Supervised, specOf } from './support/supervised.ts'

const SOON = { timeout: 60_000 }

test('an application serves when it is prepared, and its other processes follow', SOON, async (t) => {
  const supervised = new Supervised(t)
  const { supervisor } = supervised
  const change = await supervisor.prepare([specOf('a', behaving({}), { processes: { min: 2, max: 3 } })])
  const [first] = supervised.states.get('a')?.processes ?? []
  assert.match(await ask(first?.address ?? ''), /^\d+ /)
  change.make()
  const { processes, failure } = await supervised.serving('a', 2)
  const answers = await Promise.all(processes.map(({ address }) => ask(address)))
  const [status] = await supervisor.status()
  assert.deepEqual(
    answers.map((text) => Number.parseInt(text, 10)),
    status?.processes.map(({ pid }) => pid),
  )
  assert.deepEqual([failure, status?.state, status?.restarts], [undefined, 'running', 0])
  for (const { memory, since, state } of status?.processes ?? []) {
    assert.ok(memory !== undefined && memory > 1 << 20)
    assert.ok(Math.abs(Date.now() - since) < 60_000)
    assert.equal(state, 'serving')
  }
  await supervisor.close()
  assert.deepEqual(readdirSync(supervised.folder), [])
})

test('a command knows its socket by argument and variable, and little else of this process', SOON, async (t) => {
  const supervised = new Supervised(t)
  process.env['ORIEL_TEST_SECRET'] = 'x'
  t.after(() => delete process.env['ORIEL_TEST_SECRET'])
  const cwd = makeFolder()
  const script = 'echo "$1 | $SOCKET | $(pwd)"; env | cut -d= -f1 | sort | tr "\\n" " "; exit 1'
  const command = ['sh', '-c', script, 'sh', 'unix:$SOCKET!']
  await assert.rejects(supervised.run(specOf('a', command, { cwd, env: { GIVEN: 'yes' } })), (error) => {
    assert.ok(error instanceof ApplicationFailed)
    const [told = '', names = ''] = error.lastWords
    const [argument, variable, folder] = told.split(' | ')
    assert.equal(argument, `unix:${variable}!`)
    assert.equal(folder, cwd)
    assert.ok(variable?.startsWith(supervised.folder))
    assert.deepEqual(
      names.split(' ').filter((name) => !['OLDPWD', 'PWD', 'SHLVL', '_', ''].includes(name)),
      ['GIVEN', 'HOME', 'LANG', 'ORIEL_PROCESS', 'PATH', 'SOCKET'],
    )
    return true
  })
})

const FAILING: readonly [what: string, command: readonly string[], message: RegExp][] = [
  ['ends', ['sh', '-c', 'echo one; echo two >&2; exit 3'], /ended with exit code 3 before .* its last words:\n {2}/],
  ['is killed', ['sh', '-c', 'kill -9 $$'], /ended with SIGKILL before it listened on its socket$/],
  ['is not in PATH', ['no-such-program'], /there is no program no-such-program in PATH \(.*\): install it, or name/],
  ['is not there', ['./no-such-program'], /there is no program \/no-such-program: correct the path, which is relative/],
  ['is a folder', ['/tmp'], /\/tmp cannot be executed: it must be a file with the x bit/],
  ['never listens', behaving({ late: -1 }), /did not listen on its socket, .*, within 700 ms \(timeouts.start\)/],
  ['is in no folder', ['sh'], /the folder \/no\/such\/folder, where it is to run, does not exist/],
]
for (const [what, command, message] of FAILING) {
  test(`an application whose command ${what} fails by saying so, and nothing of it is left`, SOON, async (t) => {
    const supervised = new Supervised(t)
    await supervised.run(specOf('good', behaving({})))
    const cwd = what === 'is in no folder' ? '/no/such/folder' : '/'
    const timeouts = { start: 700, stop: 1000, idle: 1000 }
    const bad = specOf('bad', command, { cwd, timeouts })
    await assert.rejects(supervised.run(specOf('good', behaving({})), bad), (error) => {
      assert.ok(error instanceof ApplicationFailed)
      assert.match(error.message, message)
      if (what === 'ends') assert.deepEqual(error.lastWords.toSorted(), ['one', 'two'])
      return true
    })
    const status = await supervised.supervisor.status()
    assert.deepEqual(
      status.map(({ key, processes }) => [key, processes.length]),
      [['good', 1]],
    )
  })
}

test('an application that listens late is waited for', SOON, async (t) => {
  const supervised = new Supervised(t)
  await supervised.run(specOf('late', behaving({ late: 600 })))
  assert.equal(supervised.states.get('late')?.processes.length, 1)
})

test('who drops a change has what was there before', SOON, async (t) => {
  const supervised = new Supervised(t)
  const { supervisor } = supervised
  const kept = specOf('kept', behaving({}))
  await supervised.run(kept)
  const before = await supervised.pidsOf('kept')
  const change = await supervisor.prepare([kept, specOf('new', behaving({}))])
  const { processes } = await supervised.serving('new', 1)
  await change.drop()
  assert.ok(!existsSync(dirname(processes[0]?.address.slice(5) ?? '/')))
  assert.deepEqual(await supervised.pidsOf('kept'), before)
  assert.deepEqual([supervisor.has('kept'), supervisor.has('new')], [true, false])
})

test('what is not named any more ends, when what it does is done', SOON, async (t) => {
  const supervised = new Supervised(t)
  const { supervisor } = supervised
  await supervised.run(specOf('old', behaving({})))
  const [process] = supervised.states.get('old')?.processes ?? []
  assert.ok(process !== undefined)
  const told = (version: number, running: number): void => {
    supervisor.heard(
      { key: 'old', version, waiting: 0, processes: [{ id: process.id, running, served: 0, late: 0 }] },
      1,
    )
  }
  told(1, 1)
  const answer = ask(process.address, '/?wait=300')
  await supervised.run(specOf('new', behaving({})))
  const { version } = await supervised.serving('old', 0)
  told(version, 1)
  assert.match(await answer, /^\d+ /)
  told(version, 0)
  while ((await supervisor.status()).length > 1) await new Promise(setImmediate)
})

test('started without waiting, what fails is told and tried again', SOON, async (t) => {
  const supervised = new Supervised(t)
  const folder = makeFolder()
  const script = `[ -e there ] && exec ${process.execPath} "$@"; echo not there yet >&2; exit 1`
  const command = ['sh', '-c', script, ...behaving({})]
  supervised.supervisor.start([specOf('a', command, { cwd: folder, processes: { min: 2, max: 2 } })])
  await supervised.reports.told('ended with exit code 1', 2)
  assert.match(supervised.states.get('a')?.failure ?? '', /its last words:\n {2}not there yet$/)
  const [status] = await supervised.supervisor.status()
  assert.equal(status?.state, 'failing')
  fill(folder, { there: '' })
  const { failure } = await supervised.serving('a', 2)
  assert.equal(failure, undefined)
})

test('a process that dies is out of the state at once, and there is another', SOON, async (t) => {
  const supervised = new Supervised(t)
  await supervised.run(specOf('a', behaving({ dies: 2 }), { processes: { min: 2, max: 2 } }))
  const { processes } = await supervised.serving('a', 2)
  const [first] = processes
  await ask(first?.address ?? '')
  await ask(first?.address ?? '')
  const after = await supervised.serving('a', 1)
  assert.ok(!after.processes.some(({ id }) => id === first?.id))
  const again = await supervised.serving('a', 2)
  assert.ok(!again.processes.some(({ id }) => id === first?.id))
  await supervised.reports.told('a process ended with exit code 1')
})

// With delays that double it would take 22 seconds.
test('one that dies each ten requests is soon there again, each time', { timeout: 20_000 }, async (t) => {
  const supervised = new Supervised(t)
  await supervised.run(specOf('a', behaving({ dies: 10 })))
  for (let died = 0; died < 8; died++) {
    const { processes, version } = await supervised.serving('a', 1)
    const [{ id, address } = { id: 0, address: '' }] = processes
    for (let i = 0; i < 10; i++) await ask(address)
    await supervised.until('a', (state) => !state.processes.some((one) => one.id === id))
    // Its worker tells of it only when it has died.
    supervised.supervisor.heard(
      { key: 'a', version, waiting: 0, processes: [{ id, running: 0, served: 10, late: 0 }] },
      1,
    )
  }
  await supervised.serving('a', 1)
})

test('a socket path that is too long is refused with the length that it may have', SOON, async (t) => {
  const supervised = new Supervised(t, { folder: `/tmp/${'long'.repeat(30)}` })
  await assert.rejects(supervised.run(specOf('a', behaving({}))), /has a name longer than \d+ bytes/)
})

test('a folder where others may write is refused', SOON, async (t) => {
  const supervised = new Supervised(t, { folder: '/tmp' })
  await assert.rejects(supervised.run(specOf('a', behaving({}))), /\/tmp is not this user's own folder/)
})

test('where the folder cannot be made, it is tried again', SOON, async (t) => {
  const parent = makeFolder({ apps: 'a file' })
  const supervised = new Supervised(t, { folder: join(parent, 'apps') })
  supervised.supervisor.start([specOf('a', behaving({}))])
  await supervised.reports.told('Applications cannot be started: ')
  rmSync(join(parent, 'apps'))
  await supervised.serving('a', 1)
})

test('where its folder is removed, there is another one, with processes that answer', SOON, async (t) => {
  const supervised = new Supervised(t, { check: 50 })
  await supervised.run(specOf('a', behaving({})))
  const [first] = (await supervised.serving('a', 1)).processes
  const [pid = 0] = await supervised.pidsOf('a')
  rmSync(supervised.folder, { recursive: true })
  const { processes } = await supervised.until('a', ({ processes }) => (processes[0]?.id ?? 0) > (first?.id ?? 0))
  assert.match(await ask(processes[0]?.address ?? ''), /^\d+ /)
  await supervised.reports.told('was removed; there is another one')
  await supervised.reports.told('it takes no connections any more')
  // Nobody takes it for one that is gone.
  const [token = ''] = readdirSync(supervised.folder)
  assert.equal(await takesConnections(join(supervised.folder, token, 'alive')), true)
  await supervised.supervisor.close()
  assert.deepEqual([readdirSync(supervised.folder), lives(pid)], [[], false])
})

test('a command that the system does not start is told with what to do', SOON, async (t) => {
  const supervised = new Supervised(t)
  const spec = specOf('a', behaving({}), { env: { LARGE: 'x'.repeat(8 << 20) } })
  await assert.rejects(
    supervised.run(spec),
    /cannot start .*: the environment or the arguments are longer than .* \(E2BIG\)$/,
  )
})

test('two supervisors share a folder, and neither takes the other for gone', SOON, async (t) => {
  const one = new Supervised(t)
  await one.run(specOf('a', behaving({})))
  const other = new Supervised(t, { folder: one.folder })
  await other.run(specOf('a', behaving({})))
  const address = one.states.get('a')?.processes[0]?.address ?? ''
  assert.match(await ask(address), /^\d+ /)
  assert.equal(dirname(dirname(dirname(address.slice(5)))), one.folder)
  assert.match(basename(dirname(dirname(address))), /^[0-9a-f]{12}$/)
})

test('programs may open their outputs anew', SOON, async (t) => {
  const supervised = new Supervised(t)
  const script = 'echo out > /dev/stdout; echo err > /dev/stderr; exit 1'
  await assert.rejects(supervised.run(specOf('a', ['sh', '-c', script])), (error) => {
    assert.deepEqual((error as ApplicationFailed).lastWords.toSorted(), ['err', 'out'])
    return true
  })
})

test('who has closed it starts nothing by it any more, and makes no folder', SOON, async (t) => {
  const supervised = new Supervised(t)
  await supervised.supervisor.close()
  supervised.supervisor.start([specOf('a', behaving({}))])
  await assert.rejects(supervised.supervisor.prepare([specOf('b', behaving({}))]), /the supervisor is closed/)
  assert.ok(!existsSync(supervised.folder))
})
