import { brand, branded, DECLINED, REROUTE } from './brands.ts'
import { Headers, type HeadersInit } from './headers.ts'

/** The type of `Declined`. */
export interface Declined {
  readonly [DECLINED]: true
}

/** Returned by a handler: not mine, let the next route go on, or the host server. A 500 once the body was read. */
export const Declined: Declined = Object.freeze({ [DECLINED]: true as const })

export interface RerouteInit {
  /** `GET`: the way goes on as a GET without content, whatever the request was. */
  readonly method?: 'GET'
  /** Whether the way may go to routes that are `internal`. */
  readonly internal?: boolean
  /** Fields that the answer has in the place of its own. */
  readonly headers?: HeadersInit
  /** Makes of what is thrown on the way what is thrown in its place. @internal */
  readonly failed?: (error: unknown) => unknown
}

/** Returned by a handler: start routing again on another path, guards included; five times at most. */
export class Reroute {
  /** A path with an optional query, beginning with `/`. */
  readonly to: string
  readonly method: 'GET' | undefined
  readonly internal: boolean
  readonly headers: Headers | undefined
  /** @internal */
  readonly failed: ((error: unknown) => unknown) | undefined

  /** @throws TypeError for what is no path, or a field that is none. */
  constructor(to: string, init: RerouteInit = {}) {
    if (!to.startsWith('/')) throw new TypeError(`a Reroute goes to a path, not to ${JSON.stringify(to)}`)
    this.to = to
    this.method = init.method
    this.internal = init.internal ?? false
    this.failed = init.failed
    this.headers = init.headers === undefined ? undefined : new Headers(init.headers)
  }
}

brand(Reroute, REROUTE)

export function isDeclined(value: unknown): value is Declined {
  return value === Declined || branded(value, DECLINED)
}

export function isReroute(value: unknown): value is Reroute {
  return branded(value, REROUTE)
}
