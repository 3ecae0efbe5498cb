import { type ChildProcess, type SendHandle, type Serializable, spawn } from 'node:child_process'
import { adopt, type Bound, type Handle, type ListenAddress } from '../io/bound.ts'
import type { Outcome } from './control.ts'

/** In the environment of a process that takes over from another: how many addresses it gets. */
const MARK = 'ORIEL_SUCCESSOR'

interface Legacy {
  readonly key: string
  readonly address: ListenAddress
}

/**
 * Starts another process of ours that serves at the same addresses, and waits until it does.
 * @param program Node, our command and its arguments.
 * @param environment What it needs beside that of this process.
 * @throws Error that says why it does not serve; then it has ended, and nothing has changed.
 */
export async function startSuccessor(
  bounds: ReadonlyMap<string, Bound>,
  program: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const [node = process.execPath, ...args] = program
  const child = spawn(node, args, {
    cwd: folder,
    env: { ...process.env, ...environment, [MARK]: String(bounds.size) },
    // It stays when this one has ended, and writes where this one wrote.
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  })
  const outcome = outcomeOf(child)
  for (const [key, { address, handle }] of bounds) {
    const legacy: Legacy = { key, address }
    child.send(legacy as unknown as Serializable, handle as unknown as SendHandle, () => undefined)
  }
  const { ok, told } = await outcome
  if (!ok) throw new Error(told)
  child.unref()
  return told
}

function outcomeOf(child: ChildProcess): Promise<Outcome> {
  return new Promise((resolve) => {
    child.once('message', (message) => resolve(message as Outcome))
    child.once('error', ({ message }) => resolve({ ok: false, told: `the new server cannot be started: ${message}` }))
    child.once('exit', (code, signal) =>
      resolve({ ok: false, told: `the new server ended with ${signal ?? `exit code ${code}`} before it served` }),
    )
  })
}

/** The addresses that a predecessor hands to this process; undefined where there is none. */
export async function inherited(): Promise<Map<string, Bound> | undefined> {
  const count = Number(process.env[MARK] ?? Number.NaN)
  delete process.env[MARK]
  if (Number.isNaN(count) || process.send === undefined) return undefined
  return new Promise((resolve) => {
    const bounds = new Map<string, Bound>()
    const take = (message: unknown, handle: unknown): void => {
      const { key, address } = message as Legacy
      bounds.set(key, adopt(address, handle as Handle, true))
      if (bounds.size < count) return
      process.off('message', take)
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
