import { type ApplicationValues, UNKNOWN_VALUES } from '../../protocol/fastcgi/management.ts'
import { TICK } from '../clock.ts'

/** What is known of an application that is Oriel's own, and need not be asked. */
export interface KnownApplication extends ApplicationValues {
  /** Whether it begins with a request only when it has ended the one that came before on the connection. */
  readonly serial: boolean
}

/** Looks at the clock after which one that did not say what it can do is asked again: 5 seconds. */
const ASK_AGAIN = 5000 / TICK

/** So many connections in turn that were to stay and were closed after one request are no chance. */
const RECYCLED = 8

/** What is known of an application: what it said, and what it turned out to do. */
export class Abilities {
  /** Whether it was asked what it can do. */
  asked: boolean
  /** Looks at the clock since it gave no answer to that; -1 where it gave one, or is being asked. */
  #silent = -1
  readonly serial: boolean
  readonly #known: KnownApplication | undefined
  #answered = false
  #values: ApplicationValues
  #multiplexes = true
  #windows = true
  #recycled = 0

  constructor(known: KnownApplication | undefined) {
    this.#known = known
    this.asked = known !== undefined
    this.serial = known?.serial ?? false
    this.#values = known ?? UNKNOWN_VALUES
  }

  /** Connections, and requests, that it takes at once; undefined where it did not say. */
  get maxConns(): number | undefined {
    return this.#values.maxConns
  }

  get maxReqs(): number | undefined {
    return this.#values.maxReqs
  }

  /** Whether it may be sent several requests at once on one connection. */
  get multiplexes(): boolean {
    return this.#values.mpxsConns && this.#multiplexes
  }

  /** Bytes that a stream of it may be ahead of its reader; 0: it has no windows. */
  get window(): number {
    return this.multiplexes && this.#windows ? this.#values.window : 0
  }

  /** Whether it is an object server that takes calls in the whole form. */
  get objects(): boolean {
    return this.#values.objects
  }

  /**
   * Whether connections stay open when their request has ended. One process that serves one connection at a time would
   * leave all others waiting meanwhile, those of our other workers too (iipsrv#203): so where nothing else is said
   * connections stay only with an application that takes many requests on one; and for a quarter of a second with one
   * that knows the protocol well enough to answer GET_VALUES, which under load spares nearly all of the connecting.
   * @param keepAlive What the route says.
   */
  keeping(keepAlive: boolean | undefined): 'long' | 'briefly' | 'not' {
    if (this.#recycled > RECYCLED) return 'not'
    if (keepAlive !== undefined) return keepAlive ? 'long' : 'not'
    return this.multiplexes ? 'long' : this.#answered ? 'briefly' : 'not'
  }

  /** @param values Undefined: it did not answer. */
  told(values: ApplicationValues | undefined): void {
    this.#answered = values !== undefined
    this.#silent = values === undefined ? 0 : -1
    this.#values = values ?? UNKNOWN_VALUES
  }

  /**
   * A look at the clock. Returns whether it is to be asked once more: it may have been too busy to answer, or was stopped, and
   * would be taken for less than it is for as long as it lives.
   */
  tick(): boolean {
    if (this.#silent < 0 || ++this.#silent < ASK_AGAIN) return false
    this.#silent = -1
    return true
  }

  refusedMultiplexing(): void {
    this.#multiplexes = false
  }

  refusedWindows(): void {
    this.#windows = false
  }

  /** It closed a connection that was to stay. @param requests How many it had served there. */
  closed(requests: number): void {
    this.#recycled = requests > 1 ? 0 : this.#recycled + 1
  }

  /** Another application may be there now. */
  forget(): void {
    this.asked = this.#known !== undefined
    this.#answered = false
    this.#multiplexes = true
    this.#windows = true
    this.#recycled = 0
    this.#values = this.#known ?? UNKNOWN_VALUES
  }
}
