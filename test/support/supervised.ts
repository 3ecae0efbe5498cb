import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { ApplicationSpec, ApplicationState } from '../../src/process/specification.ts'
import { Supervisor, type SupervisorOptions } from '../../src/process/supervisor.ts'
import { makeFolder } from './folder.ts'
import { Reports } from './reports.ts'
import type { Behaviour } from './supervised-application.ts'

const PROGRAM = join(import.meta.dirname, 'supervised-application.js')

export function behaving(behaviour: Behaviour): string[] {
  return [process.execPath, PROGRAM, JSON.stringify(behaviour)]
}

/** An application; what is not said is of little consequence. */
export function specOf(key: string, command: readonly string[], more: Partial<ApplicationSpec> = {}): ApplicationSpec {
  return {
    key,
    name: `app /${key}`,
    command,
    protocol: 'http',
    env: {},
    cwd: '/',
    limits: {},
    processes: { min: 1, max: 1 },
    connections: 1,
    timeouts: { start: 20_000, stop: 5000, idle: 60_000 },
    reload: 'replace',
    ...more,
  }
}

/** A supervisor with what it told. After the test it is closed, and nothing is left of it. */
export class Supervised {
  readonly reports = new Reports()
  readonly folder: string
  readonly supervisor: Supervisor
  readonly states = new Map<string, ApplicationState>()
  /** All numbers of processes that there were. */
  readonly pids = new Set<number>()
  #waiters: (() => void)[] = []

  constructor(t: TestContext, options: Partial<SupervisorOptions> = {}) {
    this.folder = options.folder ?? join(makeFolder(), 'apps')
    this.supervisor = new Supervisor({
      folder: this.folder,
      report: this.reports.report,
      changed: (state) => {
        this.states.set(state.key, state)
        for (const wake of this.#waiters.splice(0)) wake()
      },
      ...options,
    })
    t.after(async () => {
      for (const pid of await this.supervisor.pids()) this.pids.add(pid)
      await this.supervisor.close()
      for (const pid of this.pids) assert.equal(lives(pid), false, `process ${pid} is left`)
      for (const { fields } of this.reports.all) assert.equal(lives(fields['process']), false)
    })
  }

  /** The application of this key as it is when the condition holds. */
  async until(key: string, holds: (state: ApplicationState) => boolean): Promise<ApplicationState> {
    for (;;) {
      const state = this.states.get(key)
      if (state !== undefined && holds(state)) return state
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
  }

  serving(key: string, count: number): Promise<ApplicationState> {
    return this.until(key, ({ processes }) => processes.length === count)
  }

  /** Prepares and makes. */
  async run(...specs: readonly ApplicationSpec[]): Promise<void> {
    const change = await this.supervisor.prepare(specs)
    change.make()
  }

  async pidsOf(key: string): Promise<number[]> {
    const all = await this.supervisor.status()
    return all.filter((one) => one.key === key).flatMap(({ processes }) => processes.map(({ pid }) => pid))
  }

  /** The number of the child of `child`, which the application tells. */
  async childOf(): Promise<number> {
    const [told] = await this.reports.told('child ')
    return Number(told?.event.split(' ')[1])
  }
}

export function lives(pid: unknown): boolean {
  if (typeof pid !== 'number') return false
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Waits until a process that is no child of this one has gone. */
export async function gone(pid: number): Promise<void> {
  while (existsSync(`/proc/${pid}`) || lives(pid)) await pause(5)
}

/** What a process answers. */
export function ask(address: string, path: string = '/'): Promise<string> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ keepAlive: false })
    const request = get({ socketPath: address.slice('unix:'.length), path, agent }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (more: string) => {
        text += more
      })
      response.on('end', () => resolve(text))
      response.on('error', reject)
    })
    request.on('error', reject)
  })
}
