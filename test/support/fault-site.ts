import { readdirSync, readFileSync } from 'node:fs'
import { connect, type NetConnectOpts } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { controlPath } from '../../src/server/control.ts'
import { type Ended, OrielProcess, runOriel } from './command.ts'
import { fill, makeFolder } from './folder.ts'
import { freePorts } from './ports.ts'

/** Tests of whole processes look into /proc. */
export const LINUX: { readonly skip: boolean; readonly timeout: number } = {
  skip: process.platform !== 'linux',
  timeout: 60_000,
}

export interface FaultSiteSetup {
  /** The keys of the config after `listen`, in JavaScript. */
  readonly config: string
  /** What stands in the module before them. */
  readonly before?: string
  readonly contents?: Readonly<Record<string, string | Uint8Array>>
  /** One entry of `listen` for each; `port` is put in. */
  readonly listen?: readonly string[]
  /** Words that a command line begins with before the program: what it runs under. */
  readonly within?: readonly string[]
}

/** A site served by `oriel serve --quiet` on ports of its own, to be killed, filled up and replaced. */
export class FaultSite {
  readonly folder: string
  readonly ports: readonly number[]
  oriel: OrielProcess
  readonly #t: TestContext
  readonly #within: readonly string[]

  private constructor(t: TestContext, folder: string, ports: readonly number[], within: readonly string[]) {
    this.#t = t
    this.folder = folder
    this.ports = ports
    this.#within = within
    this.oriel = this.#start()
  }

  /** Fulfilled when it serves. */
  static async start(
    t: TestContext,
    { config, before = '', contents = {}, listen = ['http2: true'], within = [] }: FaultSiteSetup,
  ): Promise<FaultSite> {
    // No other server's owner is to be heard, nor ours by another.
    process.env['XDG_RUNTIME_DIR'] ??= makeFolder()
    const folder = makeFolder(contents)
    const ports = await freePorts(listen.length)
    const addresses = listen.map((keys, i) => `{ port: ${ports[i]}, ${keys} }`)
    fill(folder, { 'oriel.config.mjs': `${before}\nexport default { listen: [${addresses}],\n${config}\n}` })
    const site = new FaultSite(t, folder, ports, within)
    await site.serving()
    return site
  }

  get port(): number {
    return this.ports[0] ?? 0
  }

  /** The process that was started. */
  get pid(): number {
    return this.oriel.child.pid ?? 0
  }

  get workers(): number[] {
    return childrenOf(this.pid)
  }

  /** All its processes. */
  get pids(): number[] {
    return [this.pid, ...this.workers]
  }

  url(path: string, port: number = this.port): string {
    return `http://127.0.0.1:${port}${path}`
  }

  /** What a fresh connection is answered. */
  async said(path: string): Promise<string> {
    const answer = await fetch(this.url(path), { headers: { Connection: 'close' } })
    return `${answer.status} ${await answer.text()}`
  }

  /** Starts it once more, at the same addresses. */
  async again(): Promise<void> {
    this.oriel = this.#start()
    await this.serving()
  }

  /** Runs a command of its owner. */
  run(...args: string[]): Promise<Ended> {
    return runOriel(this.#t, args, this.folder)
  }

  /** Waits until it accepts, and hears its owner. @throws Error where it ends before. */
  async serving(): Promise<void> {
    let ended: Ended | undefined
    void this.oriel.ended.then((found) => {
      ended = found
    })
    for (const port of this.ports) {
      await until(async () => {
        if (ended !== undefined) throw new Error(`ended before it served: ${ended.stdout}${ended.stderr}`)
        return accepts({ port, host: '127.0.0.1' })
      })
    }
    // Its workers may serve a moment before it hears its owner.
    const path = controlPath(join(this.folder, 'oriel.config.mjs')) ?? ''
    await until(() => accepts({ path }))
  }

  #start(): OrielProcess {
    const started = new OrielProcess(['serve', '--quiet'], this.folder, { within: this.#within })
    this.#t.after(async () => {
      const { pid = 0, exitCode, signalCode } = started.child
      const all = exitCode === null && signalCode === null ? [...childrenOf(pid), pid] : []
      for (const one of all) killIfThere(one)
      await started.ended
    })
    return started
  }
}

/** Waits until something holds. The test has a timeout. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** Whether a process is there; a zombie is not. */
export function runs(pid: number): boolean {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))
  } catch {
    return false
  }
}

/** The processes that a process has started and that still run. */
export function childrenOf(pid: number): number[] {
  try {
    const listed = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim()
    return listed === '' ? [] : listed.split(' ').map(Number).filter(runs)
  } catch {
    return []
  }
}

/** How many descriptors a process has open. */
export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** The memory that a process has, in bytes. */
export function memoryOf(pid: number): number {
  return 1024 * Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1])
}

export function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Whether somebody listens there. */
export function accepts(address: NetConnectOpts): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
