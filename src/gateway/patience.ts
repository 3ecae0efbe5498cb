import { ticksOf } from './clock.ts'

/** How long is waited for a back end, in milliseconds; 0 for ever. */
export interface GatewayTimeouts {
  /** For the head of its answer, from when it was called. */
  readonly firstByte: number
  /** For the next piece of its answer. */
  readonly idle: number
  /** For the whole of it. */
  readonly total: number
}

/** How long programs may take by default, in milliseconds. */
export const PROGRAM_TIMEOUTS: GatewayTimeouts = { firstByte: 30_000, idle: 60_000, total: 600_000 }

/** How long one back end has been waited for. */
export class Patience {
  readonly #timeouts: GatewayTimeouts
  /** Looks at the clock since the last sign of life, and in all. */
  #quiet = 0
  #lasted = 0

  constructor(timeouts: GatewayTimeouts) {
    this.#timeouts = timeouts
  }

  /** The back end has given a sign of life. */
  refresh(): void {
    this.#quiet = 0
  }

  /**
   * Looks at the clock. Returns which time is up, if one is.
   * @param state Whether its head is waited for, a piece of its content, or nothing at present.
   */
  tick(state: 'head' | 'content' | 'paused'): keyof GatewayTimeouts | undefined {
    this.#lasted++
    if (state !== 'paused') this.#quiet++
    if (this.#lasted > ticksOf(this.#timeouts.total)) return 'total'
    if (state === 'head') return this.#quiet > ticksOf(this.#timeouts.firstByte) ? 'firstByte' : undefined
    return state === 'content' && this.#quiet > ticksOf(this.#timeouts.idle) ? 'idle' : undefined
  }
}
