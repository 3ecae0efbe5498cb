import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as after } from 'node:timers/promises'
import { type Contents, makeFolder } from './folder.ts'
import { freePorts } from './ports.ts'

/** How long a peer may take until somebody can connect to it, and to end: milliseconds. */
const PATIENCE = 10_000
const POLL = 20

/** Where a peer listens: a Unix socket, or a port of 127.0.0.1. */
export type PeerAddress = { readonly path: string } | { readonly port: number }

/** A program that somebody else wrote, running for a test. */
export interface Peer {
  readonly pid: number
  /** What it printed, with its error log. */
  output(): string
  /** Ends it and all that it started. Done after the test in any case. */
  stop(): Promise<void>
}

/** What a peer is started with. */
export interface PeerStart {
  /** Its working directory, where the file `output` is made. */
  readonly folder: string
  readonly env?: NodeJS.ProcessEnv
}

const running = new Set<number>()

process.once('exit', () => {
  for (const pid of running) endGroup(pid)
})

/** Whether the tests run as root: most servers then want to become another user. */
export const ROOT: boolean = process.getuid?.() === 0

/** A folder of a test that servers which became another user can read too. */
export function openFolder(contents: Contents = {}): string {
  const folder = makeFolder(contents)
  chmodSync(folder, 0o755)
  return folder
}

/** A folder of a test that such servers can write to, too. */
export function sharedFolder(): string {
  const folder = makeFolder()
  chmodSync(folder, 0o777)
  return folder
}

/** Waits until a program has made a file. @throws Error where it takes too long. */
export async function whenThere(path: string): Promise<void> {
  for (const start = Date.now(); !existsSync(path); await after(POLL)) {
    if (Date.now() - start > PATIENCE) throw new Error(`${path} is not there after ${PATIENCE} ms`)
  }
}

/** The file in a peer's folder that it writes its output to; programs with an error log of their own write it here. */
export function outputOf(folder: string): string {
  return join(folder, 'output')
}

/**
 * Starts a program in a process group of its own, and waits until it listens. It ends with the test, also where the
 * process of the test is killed: nothing can be cleared away then, so the system is asked for a signal.
 * @throws Error with the last lines that it printed, where it ends before or takes too long.
 */
export async function startPeer(
  t: Pick<TestContext, 'after'>,
  program: string,
  args: readonly string[],
  address: PeerAddress,
  { folder, env }: PeerStart,
): Promise<Peer> {
  const file = outputOf(folder)
  const out = openSync(file, 'a')
  const stdio = ['ignore', out, out] as const
  const words = ['--pdeathsig', 'TERM', '--', program, ...args]
  const child = spawn('setpriv', words, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: [...stdio],
    detached: true,
  })
  closeSync(out)
  const { pid } = child
  if (pid === undefined) throw (await once(child, 'error'))[0]
  running.add(pid)
  const output = (): string => readFileSync(file, 'latin1')
  const stop = (): Promise<void> => ended(child, pid)
  t.after(stop)
  for (const start = Date.now(); !(await listens(address)); await after(POLL)) {
    const gone = child.exitCode ?? child.signalCode
    if (gone === null && Date.now() - start < PATIENCE) continue
    const why = gone === null ? `does not listen after ${PATIENCE} ms` : `ended (${gone})`
    throw new Error(`${program} ${why}. The end of its output:\n${output().split('\n').slice(-20).join('\n')}`)
  }
  return { pid, output, stop }
}

/** Starts something on a free port, and once more on another one where somebody else took the port meanwhile. */
export async function onFreePort<Started>(start: (port: number) => Promise<Started>): Promise<Started> {
  for (let tries = 1; ; tries++) {
    const [port = 0] = await freePorts(1)
    try {
      return await start(port)
    } catch (error) {
      if (tries === 3 || !/address already in use/i.test(String(error))) throw error
    }
  }
}

function listens(address: PeerAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect('path' in address ? address : { ...address, host: '127.0.0.1' })
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}

async function ended(child: ChildProcess, pid: number): Promise<void> {
  if (!running.has(pid)) return
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, 'exit')
    child.kill()
    await Promise.race([gone, after(PATIENCE, undefined, { ref: false })])
  }
  endGroup(pid)
  running.delete(pid)
}

/** What a server leaves behind when it ends (scripts that still run) ends with it. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
