import type { ChildProcess, SendHandle, Serializable } from 'node:child_process'
import { adopt, type Bound, type Handle, type ListenAddress } from '../io/bound.ts'
import type { Outcome } from './control.ts'

/** In the environment of a process that takes over from another: how many addresses it gets. */
const MARK = 'ORIEL_SUCCESSOR'

/** How long a successor may take to serve, in milliseconds: longer than its modules may. */
const PATIENCE = 120_000

interface Legacy {
  readonly key: string
  readonly address: ListenAddress
  readonly foreign: boolean
}

/** How a successor is started. */
export interface Program {
  /** Node, our command and its arguments. */
  readonly program: readonly string[]
  readonly folder: string
  /** What it needs beside our environment. */
  readonly environment: Readonly<Record<string, string>>
}

/**
 * Starts another process of ours that serves at the same addresses, and waits until it does.
 * @param up The predecessor is to stop, and nobody to take over: then the successor is ended.
 * @throws Error that says why it does not serve; then it has ended, and nothing has changed.
 */
export async function startSuccessor(
  bounds: ReadonlyMap<string, Bound>,
  { program, folder, environment }: Program,
  up: AbortSignal,
): Promise<string> {
  const { spawn } = await import('node:child_process')
  const [node = process.execPath, ...args] = program
  const child = spawn(node, args, {
    cwd: folder,
    env: { ...process.env, ...environment, [MARK]: String(bounds.size) },
    // It stays when this one has ended, and writes where this one wrote.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  })
  const outcome = outcomeOf(child, up)
  for (const [key, { address, handle, foreign }] of bounds) {
    const legacy: Legacy = { key, address, foreign }
    child.send(legacy as unknown as Serializable, handle as unknown as SendHandle, () => undefined)
  }
  const { ok, told } = await outcome
  if (!ok) {
    child.kill('SIGKILL')
    throw new Error(told)
  }
  child.unref()
  return told
}

async function outcomeOf(child: ChildProcess, up: AbortSignal): Promise<Outcome> {
  let late: NodeJS.Timeout | undefined
  let stop = (): void => undefined
  const outcome = new Promise<Outcome>((resolve) => {
    late = setTimeout(() => {
      resolve({ ok: false, told: `the new server did not serve after ${PATIENCE / 1000} seconds` })
    }, PATIENCE)
    stop = () => resolve({ ok: false, told: 'the server is stopping' })
    up.addEventListener('abort', stop)
    child.once('message', (message) => resolve(message as Outcome))
    child.once('error', ({ message }) => resolve({ ok: false, told: `the new server cannot be started: ${message}` }))
    child.once('exit', (code, signal) =>
      resolve({ ok: false, told: `the new server ended with ${signal ?? `exit code ${code}`} before it served` }),
    )
  })
  try {
    return await outcome
  } finally {
    clearTimeout(late)
    up.removeEventListener('abort', stop)
  }
}

/** The addresses that a predecessor hands to this process; undefined where there is none. @throws Error if it ends first. */
export async function inherited(): Promise<Map<string, Bound> | undefined> {
  const count = Number(process.env[MARK] ?? Number.NaN)
  delete process.env[MARK]
  if (Number.isNaN(count) || process.send === undefined) return undefined
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error('the server that was to hand its addresses over has ended'))
    process.once('disconnect', gone)
    const bounds = new Map<string, Bound>()
    const take = (message: unknown, handle: unknown): void => {
      const { key, address, foreign } = message as Legacy
      bounds.set(key, { ...adopt(address, handle as Handle, !foreign), foreign })
      if (bounds.size < count) return
      process.off('message', take)
      process.off('disconnect', gone)
      resolve(bounds)
    }
    process.on('message', take)
  })
}

/** Tells the predecessor that this process serves, or why it does not. */
export function tellPredecessor(outcome: Outcome): void {
  if (process.send === undefined || !process.connected) return
  process.send(outcome, undefined, undefined, () => {
    if (process.connected) process.disconnect()
  })
}
