import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after } from 'node:test'
import { fastCgiUpstream } from '../../src/gateway/fastcgi/backends.ts'
import type { GatewayTimeouts } from '../../src/gateway/patience.ts'
import { WireServer } from '../../src/object/wire-server.ts'
import { makeFolder } from './folder.ts'

/** A program that publishes objects, run by hand. */
export class PublishingProgram {
  readonly child: ChildProcess
  /** Where its own socket is made: it belongs to nobody else. */
  readonly runtime: string
  stdout = ''
  stderr = ''
  readonly ended: Promise<number | NodeJS.Signals>
  #wake: () => void = () => {}

  constructor(program: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
    this.runtime = makeFolder()
    this.child = spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, XDG_RUNTIME_DIR: this.runtime, ...env },
    })
    this.child.stdout?.on('data', (bytes) => {
      this.stdout += bytes
      this.#wake()
    })
    this.child.stderr?.on('data', (bytes) => {
      this.stderr += bytes
      this.#wake()
    })
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      this.#wake()
      return (code ?? signal) as number | NodeJS.Signals
    })
  }

  /** The binding handle that it prints. */
  async handle(): Promise<string> {
    return (await this.printed(/^(fastcgi:\S+)\n/m))[1] ?? ''
  }

  /** @throws Error where it ends before. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.stdout) ?? pattern.exec(this.stderr)
      if (found !== null) return found
      const { exitCode, signalCode } = this.child
      if (exitCode !== null || signalCode !== null) throw new Error(`ended without ${pattern}: ${this.stderr}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
  }
}

/** A test, or all tests of a file. */
export interface Until {
  after(call: () => Promise<unknown>): void
}

/** For what all tests of a file share: called outside of them. */
export function allTests(): Until {
  const calls: (() => Promise<unknown>)[] = []
  after(async () => {
    for (const call of calls.reverse()) await call()
  })
  return { after: (call) => void calls.push(call) }
}

/** Runs a program of `test/support`; it is killed afterwards. */
export function runPublishing(
  t: Until,
  name: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): PublishingProgram {
  const program = new PublishingProgram(join(import.meta.dirname, `${name}.js`), args, env)
  t.after(() => program.kill())
  return program
}

/** What calls the objects of a handle. Its connections rest until the process ends, and hold nothing open. */
export function wireServer(handle: string, timeouts: Partial<GatewayTimeouts> = {}): WireServer {
  const upstream = fastCgiUpstream({ address: handle.slice('fastcgi:'.length), objects: true })
  return new WireServer({ handle, upstream, timeouts })
}
