/** Of what only so many may run at once, whichever process starts it. */
export interface Cap {
  /** What is counted: the same in all processes of a server. */
  readonly name: string
  readonly most: number
  /** How many may wait beside. */
  readonly queue: number
}

/** Leave to run one. */
export interface Permit {
  readonly state: 'granted' | 'waiting' | 'refused'
  /** Gives it back, or leaves the queue. Once. */
  give(): void
  /** What runs by it: a process group, for whoever counts to end it should this process be killed. */
  runs(group: number): void
}

/** Who asked for a permit and had to wait. */
export interface PermitWaiter {
  /** It is there now; or, where it cannot come any more, it is refused. */
  permitted(granted: boolean): void
}

/** Who hands out permits, in the order in which they were asked for. */
export interface Permits {
  take(cap: Cap, waiter: PermitWaiter): Permit
}

class Place implements Permit {
  state: Permit['state']
  readonly cap: Cap
  readonly waiter: PermitWaiter
  readonly #counter: Counter

  constructor(cap: Cap, waiter: PermitWaiter, counter: Counter) {
    this.cap = cap
    this.waiter = waiter
    this.#counter = counter
    this.state = counter.enter(this)
  }

  give(): void {
    this.#counter.leave(this)
    this.state = 'refused'
  }

  /** Whoever counts is this process itself. */
  runs(): void {}
}

/** How many of one name run, and who waits. */
class Counter {
  #running = 0
  readonly #waiting = new Set<Place>()

  get idle(): boolean {
    return this.#running === 0 && this.#waiting.size === 0
  }

  enter(place: Place): Permit['state'] {
    const { most, queue } = place.cap
    if (this.#running < most && this.#waiting.size === 0) {
      this.#running++
      return 'granted'
    }
    if (this.#waiting.size >= queue) return 'refused'
    this.#waiting.add(place)
    return 'waiting'
  }

  leave(place: Place): void {
    if (place.state === 'waiting') this.#waiting.delete(place)
    if (place.state === 'granted') this.#running--
    for (const next of this.#waiting) {
      // After a reload those who wait may have another cap.
      if (this.#running >= next.cap.most) return
      this.#waiting.delete(next)
      this.#running++
      next.state = 'granted'
      next.waiter.permitted(true)
    }
  }
}

/** Permits of this process alone. */
export class LocalPermits implements Permits {
  readonly #counters = new Map<string, Counter>()

  take(cap: Cap, waiter: PermitWaiter): Permit {
    let counter = this.#counters.get(cap.name)
    if (counter === undefined) {
      for (const [name, { idle }] of this.#counters) if (idle) this.#counters.delete(name)
      counter = new Counter()
      this.#counters.set(cap.name, counter)
    }
    return new Place(cap, waiter, counter)
  }
}

let present: Permits = new LocalPermits()

/** Who hands out permits in this process. */
export function permits(): Permits {
  return present
}

/** From now on they come from elsewhere: where several processes serve, one counts for all. */
export function usePermits(other: Permits): void {
  present = other
}
