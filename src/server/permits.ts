import { statSync } from 'node:fs'
import { Ending } from '../gateway/cgi/ending.ts'
import { type Cap, LocalPermits, type Permit, type Permits, type PermitWaiter } from '../gateway/permits.ts'
import { killGroup } from '../io/spawn/kill-group.ts'
import type { FromWorker, ToWorker } from './messages.ts'

/** Those of all workers together, in the primary. */
const all = new LocalPermits()

/** The permits that one worker has or waits for, as the primary knows them. */
export class HandedPermits {
  readonly #tell: (message: ToWorker) => void
  readonly #worker: () => number | undefined
  readonly #permits = new Map<number, Permit>()
  /** What runs by a permit, where that is known. */
  readonly #groups = new Map<number, number>()

  /** @param worker Its process number. */
  constructor(tell: (message: ToWorker) => void, worker: () => number | undefined) {
    this.#tell = tell
    this.#worker = worker
  }

  heard(message: Extract<FromWorker, { readonly is: 'asking' | 'running' | 'giving' }>): void {
    const { id } = message
    if (message.is === 'running') {
      if (this.#permits.has(id) && mayBeOf(message.group, this.#worker())) this.#groups.set(id, message.group)
      return
    }
    if (message.is === 'giving') {
      this.#permits.get(id)?.give()
      this.#permits.delete(id)
      this.#groups.delete(id)
      return
    }
    const permit = all.take(message.cap, { permitted: (granted) => this.#tell({ do: 'permit', id, granted }) })
    if (permit.state !== 'refused') this.#permits.set(id, permit)
    if (permit.state !== 'waiting') this.#tell({ do: 'permit', id, granted: permit.state === 'granted' })
  }

  /** The worker has ended, or is being killed: what ran in it ends too, and only then another may take its place. */
  giveAll(): void {
    for (const [id, permit] of this.#permits) {
      const group = this.#groups.get(id)
      if (group === undefined) permit.give()
      else new Ending(groupAlone(group), () => permit.give())
    }
    this.#permits.clear()
    this.#groups.clear()
  }
}

/**
 * Whether a worker can have started a program of this number. A worker that somebody has taken over must not have root
 * end what it could not end itself: so it belongs to the same user.
 */
function mayBeOf(group: number, worker: number | undefined): boolean {
  if (!Number.isSafeInteger(group) || group <= 1 || worker === undefined) return false
  try {
    return process.getuid?.() !== 0 || statSync(`/proc/${group}`).uid === statSync(`/proc/${worker}`).uid
  } catch {
    return false
  }
}

/** A group whose program is not a child of this process. */
function groupAlone(pid: number) {
  return { pid, exited: undefined, kill: (signal: NodeJS.Signals) => killGroup(pid, signal), close: () => undefined }
}

/** Permits in a worker: the primary hands them out. */
export class AskedPermits implements Permits {
  readonly #tell: (message: FromWorker) => void
  readonly #asked = new Map<number, PermitAsked>()
  #last = 0
  #gone = false

  constructor(tell: (message: FromWorker) => void) {
    this.#tell = tell
  }

  take(cap: Cap, waiter: PermitWaiter): Permit {
    const id = ++this.#last
    const permit = new PermitAsked(id, waiter, (message) => {
      if (message.is === 'giving') this.#asked.delete(id)
      this.#tell(message)
    })
    if (this.#gone) {
      permit.state = 'refused'
      return permit
    }
    this.#asked.set(id, permit)
    this.#tell({ is: 'asking', id, cap })
    return permit
  }

  answered(id: number, granted: boolean): void {
    const permit = this.#asked.get(id)
    if (permit === undefined) return
    if (!granted) this.#asked.delete(id)
    permit.state = granted ? 'granted' : 'refused'
    permit.waiter.permitted(granted)
  }

  /** The primary has gone: nobody waits for ever. */
  refuseAll(): void {
    this.#gone = true
    for (const [id, { state }] of this.#asked) if (state === 'waiting') this.answered(id, false)
  }
}

type Told = Extract<FromWorker, { readonly is: 'running' | 'giving' }>

class PermitAsked implements Permit {
  state: Permit['state'] = 'waiting'
  readonly waiter: PermitWaiter
  readonly #id: number
  readonly #tell: (message: Told) => void

  constructor(id: number, waiter: PermitWaiter, tell: (message: Told) => void) {
    this.#id = id
    this.waiter = waiter
    this.#tell = tell
  }

  give(): void {
    if (this.state !== 'refused') this.#tell({ is: 'giving', id: this.#id })
    this.state = 'refused'
  }

  runs(group: number): void {
    this.#tell({ is: 'running', id: this.#id, group })
  }
}
