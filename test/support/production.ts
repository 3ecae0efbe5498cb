import { readdirSync, readFileSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { type Ended, type OrielProcess, runOriel, startOriel } from './command.ts'
import { fill, makeFolder } from './folder.ts'
import { RawClient } from './raw-client.ts'

/** A config in a folder of its own, served by `oriel serve`, with a folder of its own for the control socket. */
export class Production {
  readonly folder: string
  env: NodeJS.ProcessEnv = {}
  readonly #t: TestContext
  readonly #runtime = makeFolder()
  readonly #clients: RawClient[] = []
  readonly #pids: number[] = []

  constructor(t: TestContext, config: string, contents: Readonly<Record<string, string>> = {}) {
    this.#t = t
    this.folder = makeFolder(contents)
    this.write(config)
    // Before servers are ended, which would wait for them.
    t.after(() => {
      for (const client of this.#clients) client.destroy()
      for (const pid of [...this.#pids, ...namedWith(this.folder)]) end(pid, 'SIGKILL')
    })
  }

  /** Replaces the config; its keys, in JavaScript. */
  write(config: string): void {
    fill(this.folder, { 'oriel.config.mjs': `export default {\n${config}\n}` })
  }

  serve(...args: string[]): OrielProcess {
    return startOriel(this.#t, ['serve', ...args], this.folder, { env: this.#env })
  }

  run(...args: string[]): Promise<Ended> {
    return runOriel(this.#t, args, this.folder, { env: this.#env })
  }

  get #env(): NodeJS.ProcessEnv {
    return { XDG_RUNTIME_DIR: this.#runtime, ...this.env }
  }

  /** Has a process that the server left behind ended after the test: it holds the output of the server open. */
  own(pid: number): void {
    this.#pids.push(pid)
  }

  async client(url: string): Promise<RawClient> {
    const opened = await RawClient.open({ port: Number(new URL(url).port), host: '127.0.0.1' })
    this.#clients.push(opened)
    return opened
  }
}

/** What a fresh connection is answered. */
export async function said(url: string, path: string = '/'): Promise<string> {
  const answer = await fetch(new URL(path, url), { headers: { Connection: 'close' } })
  return answer.text()
}

/** Servers of a folder by their command lines: a test that fails does not know of those that took over. */
function namedWith(folder: string): number[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && commandLineOf(pid).includes(`${folder}/`))
}

/** The program of a process and its arguments, with NUL between them; nothing where there is none. */
export function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** The processes that a process has started and that still are there, zombies not; where Linux tells. */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => {
      const fields = statusOf(candidate)
      return fields !== undefined && Number(/^PPid:\s*(\d+)/m.exec(fields)?.[1]) === pid && !/^State:\s*Z/m.test(fields)
    })
}

/** What Linux says about a process; undefined where there is none. */
export function statusOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return undefined
  }
}

/** Waits until something holds. The test has a timeout. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** Waits until a process has gone. */
export function gone(pid: number): Promise<void> {
  return until(() => {
    const status = statusOf(pid)
    return status === undefined || /^State:\s*Z/m.test(status)
  })
}

/** Sends a signal to a process that may have gone. */
export function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
