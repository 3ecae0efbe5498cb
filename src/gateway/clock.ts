/** What is looked at as time passes. */
export interface Watched {
  /** Where it stands among those that are watched; -1 at first, and where it is not. */
  watchedAt: number
  /** Called each `TICK`. */
  tick(): void
}

/** Milliseconds between two looks: times in gateways are that exact. */
export const TICK = 250

/**
 * Not a Set: V8 makes a new table for one again and again where entries come and go, and an old table that has outlived a
 * collection holds the next one, so that all requests since then live long. That doubled what a request costs.
 */
const watched: Watched[] = []
let timer: NodeJS.Timeout | undefined

/** One timer for all exchanges that run, and none where none does. */
export function watch(one: Watched): void {
  if (one.watchedAt >= 0) return
  one.watchedAt = watched.push(one) - 1
  timer ??= setInterval(tick, TICK).unref()
}

export function unwatch(one: Watched): void {
  const at = one.watchedAt
  if (at < 0) return
  one.watchedAt = -1
  const last = watched.pop()
  if (last === undefined || last === one) return
  watched[at] = last
  last.watchedAt = at
}

/** A duration in ticks, at least one full one. @param milliseconds 0 or undefined: no limit. */
export function ticksOf(milliseconds: number | undefined): number {
  return milliseconds === undefined || milliseconds === 0
    ? Number.POSITIVE_INFINITY
    : Math.ceil(milliseconds / TICK) + 1
}

function tick(): void {
  if (watched.length === 0) {
    clearInterval(timer)
    timer = undefined
  }
  // A copy: they come and go meanwhile.
  for (const one of [...watched]) if (one.watchedAt >= 0) one.tick()
}
