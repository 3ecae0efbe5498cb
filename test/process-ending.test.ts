import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { makeFolder } from './support/folder.ts'
import { behaving, gone, lives, Supervised, specOf } from './support/supervised.ts'

const SOON = { timeout: 60_000 }
const LINUX = { ...SOON, skip: process.platform !== 'linux' && 'marks are read from /proc' }
const BRIEF = { start: 20_000, stop: 300, idle: 60_000 }

test('one that ignores TERM is killed', SOON, async (t) => {
  const supervised = new Supervised(t)
  await supervised.run(specOf('a', behaving({ ignoresTerm: true }), { timeouts: BRIEF }))
  const pids = await supervised.pidsOf('a')
  await supervised.supervisor.close()
  assert.equal(supervised.reports.all.filter(({ event }) => event === 'TERM is ignored').length, 1)
  assert.deepEqual(pids.filter(lives), [])
})

test('one that is stopped is ended, and asked to before', SOON, async (t) => {
  const supervised = new Supervised(t)
  const timeouts = { ...BRIEF, stop: 600_000 }
  await supervised.run(specOf('a', behaving({}), { timeouts }))
  const [pid = 0] = await supervised.pidsOf('a')
  process.kill(pid, 'SIGSTOP')
  // It hears nothing of TERM before it continues: this would last until the kill.
  await supervised.supervisor.close()
  assert.equal(lives(pid), false)
})

for (const child of ['group', 'session'] as const) {
  const where = child === 'group' ? 'its group' : 'a session of its own'
  test(`what it started in ${where}, and what hears no TERM, ends with it`, LINUX, async (t) => {
    const supervised = new Supervised(t)
    await supervised.run(specOf('a', behaving({ child }), { timeouts: BRIEF }))
    const pid = await supervised.childOf()
    assert.ok(lives(pid))
    await supervised.supervisor.close()
    assert.equal(lives(pid) && !isZombie(pid), false)
  })

  test(`what it started in ${where} ends when it dies itself`, LINUX, async (t) => {
    const supervised = new Supervised(t)
    await supervised.run(specOf('a', behaving({ child }), { timeouts: BRIEF }))
    const pid = await supervised.childOf()
    const [leader = 0] = await supervised.pidsOf('a')
    process.kill(leader, 'SIGKILL')
    await supervised.reports.told('a process ended with SIGKILL')
    while (lives(pid) && !isZombie(pid)) await pause(5)
    await supervised.until('a', ({ processes }) => processes.length === 1)
  })
}

function isZombie(pid: number): boolean {
  try {
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return true
  }
}

const OWNER = `
import { Supervisor } from ${JSON.stringify(new URL('../src/process/supervisor.js', import.meta.url).href)}
const [folder, specs] = JSON.parse(process.argv[1])
const supervisor = new Supervisor({
  folder,
  report: (level, event) => console.log(event),
  changed: () => undefined,
})
const change = await supervisor.prepare(specs)
change.make()
const pids = await supervisor.pids()
console.log(JSON.stringify({ pids }))
`

interface Owner {
  readonly child: ChildProcess
  readonly pids: readonly number[]
  /** What the applications' children told of themselves. */
  readonly children: readonly number[]
}

/** A supervisor in a process of its own, with three applications whose children stay. */
async function startOwner(t: TestContext, folder: string): Promise<Owner> {
  const specs = [
    specOf('a', behaving({ ignoresTerm: true, child: 'group' }), { processes: { min: 1, max: 1 } }),
    specOf('b', behaving({ child: 'session' })),
    specOf('c', behaving({})),
  ]
  const args = ['--input-type=module', '-e', OWNER, JSON.stringify([folder, specs])]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const children: number[] = []
  let pids: number[] = []
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith('child ')) children.push(Number(line.slice('child '.length)))
    if (line.startsWith('{')) pids = (JSON.parse(line) as { pids: number[] }).pids
    if (children.length === 2 && pids.length > 0) break
  }
  assert.equal(pids.length, 4)
  return { child, pids, children }
}

async function kill({ child }: Owner): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

test('when the supervisor is killed, none of its processes is left, nor its folder', LINUX, async (t) => {
  const folder = join(makeFolder(), 'apps')
  const owner = await startOwner(t, folder)
  await kill(owner)
  for (const pid of [...owner.pids, ...owner.children]) while (lives(pid) && !isZombie(pid)) await pause(5)
  assert.deepEqual(readdirSync(folder), [])
})

test('what was left where the keeper was killed too is ended by the next supervisor', LINUX, async (t) => {
  const folder = join(makeFolder(), 'apps')
  const owner = await startOwner(t, folder)
  const keeper = owner.pids.at(-1) ?? 0
  assert.match(readFileSync(`/proc/${keeper}/cmdline`, 'latin1'), /oriel-keeper/)
  owner.child.kill('SIGSTOP')
  process.kill(keeper, 'SIGKILL')
  await kill(owner)
  const left = [...owner.pids.slice(0, -1), ...owner.children]
  t.after(() => {
    for (const pid of left) if (lives(pid)) process.kill(pid, 'SIGKILL')
  })
  assert.deepEqual(left.filter(lives), left)
  const [stale = ''] = readdirSync(folder)
  mkdirSync(join(folder, 'kept'))
  writeFileSync(join(folder, '0123456789ab'), 'no folder')
  const supervised = new Supervised(t, { folder })
  await supervised.run(specOf('c', behaving({})))
  await supervised.reports.told('Processes of a supervisor that was killed are ended.')
  for (const pid of left) while (lives(pid) && !isZombie(pid)) await pause(5)
  assert.ok(!existsSync(join(folder, stale)))
  assert.ok(existsSync(join(folder, 'kept')))
  assert.ok(existsSync(join(folder, '0123456789ab')))
})

test('a keeper that is killed is replaced, and knows as much', LINUX, async (t) => {
  const folder = join(makeFolder(), 'apps')
  const owner = await startOwner(t, folder)
  process.kill(owner.pids.at(-1) ?? 0, 'SIGKILL')
  assert.ok(owner.child.stdout !== null)
  await once(createInterface(owner.child.stdout), 'line')
  const [token = ''] = readdirSync(folder)
  while (keepers(token).length === 0) await pause(5)
  const [again = 0] = keepers(token)
  await kill(owner)
  for (const pid of [...owner.pids, ...owner.children, again]) while (lives(pid) && !isZombie(pid)) await pause(5)
  assert.deepEqual(readdirSync(folder), [])
})

function keepers(token: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const line = readFileSync(`/proc/${name}/cmdline`, 'latin1')
        return line.includes('oriel-keeper') && line.includes(token)
      } catch {
        return false
      }
    })
    .map(Number)
}

test('one that writes without end costs little, and its last words are the last', SOON, async (t) => {
  const supervised = new Supervised(t)
  const before = process.memoryUsage.rss()
  await supervised.run(specOf('a', behaving({ floods: 400 })))
  let most = 0
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss())
  }, 20)
  t.after(() => clearInterval(watch))
  const [told] = await supervised.reports.told('a process ended with exit code 4')
  assert.match(told?.event ?? '', /The last line\.$/)
  // It wrote more than three times as much.
  assert.ok(most - before < 128 << 20, `it took ${(most - before) >> 20} MiB`)
  const dropped = supervised.reports.all.filter(({ event }) => event === 'A process wrote more than is shown.')
  const bytes = dropped.reduce((sum, { fields }) => sum + Number(fields['bytes']), 0)
  const lines = supervised.reports.all.filter(({ event }) => event.startsWith('xxx'))
  assert.ok(bytes > 300 << 20, `${bytes} bytes dropped`)
  assert.ok(lines.length > 100 && lines.length < 100_000, `${lines.length} lines`)
})

test('the numbers that the supervisor tells are those of its processes and its keeper', LINUX, async (t) => {
  const supervised = new Supervised(t)
  await supervised.run(specOf('a', behaving({})))
  const pids = await supervised.supervisor.pids()
  assert.equal(pids.length, 2)
  assert.deepEqual(pids.filter(lives), pids)
  await supervised.supervisor.close()
  for (const pid of pids) await gone(pid)
})
