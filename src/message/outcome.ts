import { brand, branded, DECLINED, REROUTE } from './brands.ts'

/** The type of `Declined`. */
export interface Declined {
  readonly [DECLINED]: true
}

/** Returned by a handler: not mine, let the next route go on, or the host server. A 500 once the body was read. */
export const Declined: Declined = Object.freeze({ [DECLINED]: true as const })

/** Returned by a handler: start routing again on another path, guards included; five times at most. */
export class Reroute {
  /** A path with an optional query, beginning with `/`. */
  readonly to: string

  constructor(to: string) {
    if (!to.startsWith('/')) throw new TypeError(`a Reroute goes to a path, not to ${JSON.stringify(to)}`)
    this.to = to
  }
}

brand(Reroute, REROUTE)

export function isDeclined(value: unknown): value is Declined {
  return value === Declined || branded(value, DECLINED)
}

export function isReroute(value: unknown): value is Reroute {
  return branded(value, REROUTE)
}
