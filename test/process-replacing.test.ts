import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApplicationSpec } from '../src/process/specification.ts'
import { fill, makeFolder } from './support/folder.ts'
import { ask, behaving, Supervised, specOf } from './support/supervised.ts'

const SOON = { timeout: 60_000 }

/** Requests without end, as a worker sends them: to the processes of the present state, and told of. */
class Load {
  answered = 0
  readonly lost: unknown[] = []
  readonly #supervised: Supervised
  readonly #key: string
  readonly #running = new Map<number, number>()
  readonly #served = new Map<number, number>()
  #over = false
  #turn = 0
  readonly #ended: Promise<unknown>

  constructor(supervised: Supervised, key: string, atOnce: number) {
    this.#supervised = supervised
    this.#key = key
    this.#ended = Promise.all(Array.from({ length: atOnce }, () => this.#client()))
  }

  async stop(): Promise<void> {
    this.#over = true
    await this.#ended
  }

  async #client(): Promise<void> {
    while (!this.#over) {
      await this.#supervised.until(this.#key, (state) => state.processes.length > 0)
      // Chosen by the state that is told: it may have changed since that was waited for.
      const { processes = [] } = this.#supervised.states.get(this.#key) ?? {}
      const process = processes[this.#turn++ % processes.length]
      if (process === undefined) continue
      this.#add(this.#running, process.id, 1)
      try {
        await ask(process.address, '/?wait=5')
        this.answered++
        this.#add(this.#served, process.id, 1)
      } catch (error) {
        this.lost.push(error)
      }
      this.#add(this.#running, process.id, -1)
      this.#tell()
    }
  }

  #tell(): void {
    const { version = 0 } = this.#supervised.states.get(this.#key) ?? {}
    const processes = [...this.#running].map(([id, running]) => ({
      id,
      running,
      served: this.#served.get(id) ?? 0,
      late: 0,
    }))
    this.#served.clear()
    this.#supervised.supervisor.heard({ key: this.#key, version, waiting: 0, processes }, 1)
  }

  #add(to: Map<number, number>, id: number, count: number): void {
    to.set(id, (to.get(id) ?? 0) + count)
  }
}

/** That the number of processes never leaves these bounds, until it is asked for. */
function bounds(supervised: Supervised, key: string): { least: number; most: number } {
  const seen = { least: Number.POSITIVE_INFINITY, most: 0 }
  const { set } = supervised.states
  supervised.states.set = (of, state) => {
    if (of === key) {
      seen.least = Math.min(seen.least, state.processes.length)
      seen.most = Math.max(seen.most, state.processes.length)
    }
    return set.call(supervised.states, of, state)
  }
  return seen
}

test('a reload replaces one process at a time, and loses no request', SOON, async (t) => {
  const supervised = new Supervised(t)
  const spec = specOf('a', behaving({}), { processes: { min: 3, max: 3 }, connections: 8 })
  const kept = specOf('kept', behaving({}), { reload: 'keep' })
  await supervised.run(spec, kept)
  const before = await supervised.serving('a', 3)
  const pidOfKept = await supervised.pidsOf('kept')
  const seen = bounds(supervised, 'a')
  const load = new Load(supervised, 'a', 8)
  await supervised.run(spec, kept)
  const old = new Set(before.processes.map(({ id }) => id))
  await supervised.until('a', ({ processes }) => processes.length === 3 && !processes.some(({ id }) => old.has(id)))
  await load.stop()
  assert.deepEqual(load.lost, [])
  assert.ok(load.answered > 20, `${load.answered}`)
  assert.deepEqual(seen, { least: 3, most: 4 })
  assert.deepEqual(await supervised.pidsOf('kept'), pidOfKept)
})

test('a process is replaced when it has served enough, not all at once, and no request is lost', SOON, async (t) => {
  const supervised = new Supervised(t)
  const spec = specOf('a', behaving({}), { processes: { min: 2, max: 2 }, connections: 8, maxRequests: 40 })
  await supervised.run(spec)
  await supervised.serving('a', 2)
  const seen = bounds(supervised, 'a')
  const load = new Load(supervised, 'a', 4)
  const told = await supervised.reports.told('A process is replaced: it has served ', 4)
  await load.stop()
  assert.deepEqual(load.lost, [])
  assert.deepEqual(seen, { least: 2, most: 3 })
  for (const { event } of told) assert.ok(Number(/served (\d+)/.exec(event)?.[1]) >= 36)
})

test('one that needs too much memory, with its children, is replaced', SOON, async (t) => {
  const supervised = new Supervised(t, { check: 200 })
  await supervised.run(specOf('a', behaving({ holds: 200 }), { maxMemory: 150 }), specOf('b', behaving({ holds: 200 })))
  const [told] = await supervised.reports.told('A process is replaced: it needs ')
  assert.ok(Number(/needs (\d+) MiB/.exec(told?.event ?? '')?.[1]) >= 200)
  assert.equal(told?.fields['application'], 'app /a')
})

test('one that nobody can connect to any more is replaced', SOON, async (t) => {
  const supervised = new Supervised(t, { check: 50 })
  await supervised.run(specOf('a', behaving({})))
  const { rmSync } = process.getBuiltinModule('node:fs')
  rmSync(supervised.states.get('a')?.processes[0]?.address.slice(5) ?? '')
  await supervised.reports.told('A process is replaced: it takes no connections any more.')
})

test('one that is said to hang is replaced, and killed', SOON, async (t) => {
  const supervised = new Supervised(t)
  const timeouts = { start: 20_000, stop: 300, idle: 60_000 }
  await supervised.run(specOf('a', behaving({}), { timeouts }))
  const [pid = 0] = await supervised.pidsOf('a')
  const [{ id } = { id: 0 }] = supervised.states.get('a')?.processes ?? []
  process.kill(pid, 'SIGSTOP')
  supervised.supervisor.replace('a', id, 'it hangs')
  await supervised.reports.told('A process is replaced: it hangs.')
  while ((await supervised.pidsOf('a')).includes(pid)) await new Promise(setImmediate)
})

test('where no other can be started, the old one stays', SOON, async (t) => {
  const supervised = new Supervised(t)
  const cwd = makeFolder({ there: '' })
  const script = '[ -e gone ] && exit 7; exec "$@"'
  const spec = specOf('a', ['sh', '-c', script, 'sh', ...behaving({})], { cwd, processes: { min: 2, max: 2 } })
  await supervised.run(spec)
  const { processes } = await supervised.serving('a', 2)
  fill(cwd, { gone: '' })
  await supervised.run(spec)
  const [told] = await supervised.reports.told('A process stays, since no other can be started: ')
  assert.match(told?.event ?? '', /ended with exit code 7/)
  assert.deepEqual(supervised.states.get('a')?.processes, processes)
  assert.match(supervised.states.get('a')?.failure ?? '', /exit code 7/)
  assert.match(await ask(processes[0]?.address ?? ''), /^\d+ /)
})

function heard(supervised: Supervised, from: number, waiting: number, running: number): void {
  const { version, processes } = supervised.states.get('a') ?? { version: 0, processes: [] }
  const load = processes.map(({ id }) => ({ id, running, served: 0, late: 0 }))
  supervised.supervisor.heard({ key: 'a', version, waiting, processes: load }, from)
}

test(
  'where requests wait there is one process more, up to the most, and one less where they are idle',
  SOON,
  async (t) => {
    const supervised = new Supervised(t)
    const more: Partial<ApplicationSpec> = {
      processes: { min: 1, max: 3 },
      timeouts: { start: 20_000, stop: 5000, idle: 600 },
    }
    await supervised.run(specOf('a', behaving({}), more))
    const seen = bounds(supervised, 'a')
    const busy = setInterval(() => heard(supervised, 1, 1, 1), 50)
    t.after(() => clearInterval(busy))
    heard(supervised, 2, 0, 1)
    await supervised.serving('a', 2)
    await supervised.serving('a', 3)
    clearInterval(busy)
    heard(supervised, 1, 0, 0)
    supervised.supervisor.forget(2)
    await supervised.serving('a', 2)
    heard(supervised, 1, 0, 0)
    await supervised.serving('a', 1)
    heard(supervised, 1, 0, 0)
    assert.deepEqual(seen, { least: 1, most: 3 })
  },
)

test('a process that leaves is waited for until each worker knows and has none of its requests', SOON, async (t) => {
  const supervised = new Supervised(t)
  const spec = specOf('a', behaving({}))
  await supervised.run(spec)
  const [old = { id: 0 }] = supervised.states.get('a')?.processes ?? []
  const tell = (from: number, version: number, running: number): void => {
    const processes = [{ id: old.id, running, served: 0, late: 0 }]
    supervised.supervisor.heard({ key: 'a', version, waiting: 0, processes }, from)
  }
  tell(1, 1, 0)
  tell(2, 1, 0)
  await supervised.run(spec)
  const { version } = await supervised.until('a', ({ processes }) => processes.every(({ id }) => id !== old.id))
  const state = async (): Promise<string | undefined> => {
    const [status] = await supervised.supervisor.status()
    return status?.processes.find(({ id }) => id === old.id)?.state
  }
  tell(1, version, 1)
  tell(2, version - 1, 0)
  assert.equal(await state(), 'leaving')
  tell(1, version, 0)
  assert.equal(await state(), 'leaving')
  tell(2, version, 0)
  while ((await state()) !== undefined) await new Promise(setImmediate)
})
