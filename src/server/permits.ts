import { type Cap, LocalPermits, type Permit, type Permits, type PermitWaiter } from '../gateway/permits.ts'
import type { FromWorker, ToWorker } from './messages.ts'

/** Those of all workers together, in the primary. */
const all = new LocalPermits()

/** The permits that one worker has or waits for, as the primary knows them. */
export class HandedPermits {
  readonly #tell: (message: ToWorker) => void
  readonly #permits = new Map<number, Permit>()

  constructor(tell: (message: ToWorker) => void) {
    this.#tell = tell
  }

  heard(message: Extract<FromWorker, { readonly is: 'asking' | 'giving' }>): void {
    const { id } = message
    if (message.is === 'giving') {
      this.#permits.get(id)?.give()
      this.#permits.delete(id)
      return
    }
    const permit = all.take(message.cap, { permitted: (granted) => this.#tell({ do: 'permit', id, granted }) })
    if (permit.state !== 'refused') this.#permits.set(id, permit)
    if (permit.state !== 'waiting') this.#tell({ do: 'permit', id, granted: permit.state === 'granted' })
  }

  /** The worker has ended. */
  giveAll(): void {
    for (const permit of this.#permits.values()) permit.give()
    this.#permits.clear()
  }
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
    const permit = new PermitAsked(waiter, () => {
      this.#asked.delete(id)
      this.#tell({ is: 'giving', id })
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

class PermitAsked implements Permit {
  state: Permit['state'] = 'waiting'
  readonly waiter: PermitWaiter
  readonly #give: () => void

  constructor(waiter: PermitWaiter, give: () => void) {
    this.waiter = waiter
    this.#give = give
  }

  give(): void {
    if (this.state !== 'refused') this.#give()
    this.state = 'refused'
  }
}
