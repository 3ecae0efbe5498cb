import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { AS_ROOT } from '../../src/cli/start.ts'

/** The command as it is installed, built by `npm run build`. */
export const ORIEL: string = join(import.meta.dirname, '../../../dist/cli/main.js')

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Said only where the tests run as root. */
export const RUNS_AS_ROOT: RegExp = new RegExp(`^.*${AS_ROOT.replaceAll('.', '\\.')}\n`, 'm')

/** What a command runs under. */
export interface Around {
  /** Words that a command line begins with before the program. */
  readonly within?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

/** A running `oriel`, as a process of its own. */
export class OrielProcess {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  readonly ended: Promise<Ended>
  #waiters: (() => void)[] = []
  #over = false

  constructor(args: readonly string[], cwd: string, { within = [], env = {} }: Around = {}) {
    const [program = '', ...words] = [...within, process.execPath, ORIEL, ...args]
    this.child = spawn(program, words, { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    this.child.stdout?.on('data', (bytes: Buffer) => {
      this.stdout += bytes.toString()
      this.#wake()
    })
    this.child.stderr?.on('data', (bytes: Buffer) => {
      this.stderr = (this.stderr + bytes.toString()).replace(RUNS_AS_ROOT, '')
      this.#wake()
    })
    this.ended = once(this.child, 'close').then((given) => {
      const [code, signal] = given as [number | null, NodeJS.Signals | null]
      this.#over = true
      this.#wake()
      return { code, signal, stdout: this.stdout, stderr: this.stderr }
    })
  }

  /** Waits until something was printed on either stream. @throws Error where the process ends before. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.stdout) ?? pattern.exec(this.stderr)
      if (found !== null) return found
      if (this.#over) throw new Error(`ended without ${pattern}: ${this.stdout}${this.stderr}`)
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
  }

  /** The address that it says it serves at. */
  async url(): Promise<string> {
    return (await this.printed(/ at (https?:\/\/[^\s,]+)(?: and \S+)*(?:, with \d+ workers)?\n/))[1] ?? ''
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake()
  }
}

/** Starts `oriel`; it is killed after the test where it still runs. */
export function startOriel(t: TestContext, args: readonly string[], cwd: string, around?: Around): OrielProcess {
  const started = new OrielProcess(args, cwd, around)
  t.after(async () => {
    if (started.child.exitCode === null && started.child.signalCode === null) started.signal('SIGKILL')
    await started.ended
  })
  return started
}

/** Runs `oriel` to its end. */
export function runOriel(t: TestContext, args: readonly string[], cwd: string, around?: Around): Promise<Ended> {
  return startOriel(t, args, cwd, around).ended
}
