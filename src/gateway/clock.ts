/** What is looked at as time passes. */
export interface Watched {
  /** Called each `TICK`. */
  tick(): void
}

/** Milliseconds between two looks: times in gateways are that exact. */
export const TICK = 250

const watched = new Set<Watched>()
let timer: NodeJS.Timeout | undefined

/** One timer for all exchanges that run, and none where none does. */
export function watch(one: Watched): void {
  watched.add(one)
  timer ??= setInterval(tick, TICK).unref()
}

export function unwatch(one: Watched): void {
  watched.delete(one)
}

/** A duration in ticks, at least one full one. @param milliseconds 0 or undefined: no limit. */
export function ticksOf(milliseconds: number | undefined): number {
  return milliseconds === undefined || milliseconds === 0
    ? Number.POSITIVE_INFINITY
    : Math.ceil(milliseconds / TICK) + 1
}

function tick(): void {
  if (watched.size === 0) {
    clearInterval(timer)
    timer = undefined
  }
  for (const one of watched) one.tick()
}
