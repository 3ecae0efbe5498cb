import { LineLogger } from '../log/line-logger.ts'
import type { LogOptions } from '../log/options.ts'
import type { RecordSink, Sink } from '../log/sink.ts'
import { type LoggerObject, ObjectOutlet } from '../log/sinks/object.ts'
import { openOwn, openSink } from '../log/sinks/open.ts'
import type { Report } from '../message/exchange.ts'
import type { Logger } from '../message/interface.ts'
import { checkPlace } from './log-places.ts'
import { isLogger } from './parts.ts'

/** Milliseconds for exchanges of a site that is replaced to end, before places that only it has are let go. */
const PATIENCE = 60_000

interface Lines {
  readonly logger: LineLogger
  readonly options: LogOptions
  readonly index: number
}

/** What is wrong with a place, and at which key. */
export type Refuse = (path: readonly (string | number)[], cause: Error) => never

/** The loggers of a config. Their places are opened when the config begins to be served, and not to check it. */
export class Logs {
  readonly loggers: readonly Logger[]
  readonly #lines: readonly Lines[]
  readonly #base: string
  readonly #report: Report | undefined
  readonly #refuse: Refuse
  readonly #objects: ReadonlyMap<string, LoggerObject>
  #sinks: Sink[] = []

  /**
   * @param look Whether this process is the one that will write: it looks whether it may.
   * @param objects Those that are told, by their addresses. @throws by `refuse`, for what cannot be, and for a folder that cannot be written.
   */
  constructor(
    given: readonly unknown[],
    base: string,
    report: Report | undefined,
    look: boolean,
    refuse: Refuse,
    objects: ReadonlyMap<string, LoggerObject> = new Map(),
  ) {
    const lines: Lines[] = []
    this.#base = base
    this.#report = report
    this.#refuse = refuse
    this.#objects = objects
    this.loggers = given.map((one, index) => {
      if (isLogger(one)) return one as Logger
      const options = (typeof one === 'string' ? { format: one } : one) as LogOptions
      if (look) checkPlace(options.to, base, (cause) => refuse(['log', index, 'to'], cause))
      const logger = tried(
        () => new LineLogger(options),
        (cause) => refuse(['log', index], cause),
      )
      lines.push({ logger, options, index })
      return logger
    })
    this.#lines = lines
  }

  /** @throws by `refuse`, where a place cannot be opened; then none is. */
  open(): void {
    try {
      for (const { logger, options, index } of this.#lines) {
        const key = options.object === undefined ? 'to' : 'object'
        const sink = tried(
          () => this.#open(options),
          (cause) => this.#refuse(['log', index, key], cause),
        )
        this.#sinks.push(sink)
        logger.open(sink)
      }
    } catch (error) {
      void this.close()
      throw error
    }
  }

  #open({ object: address, to = 'stdout' }: LogOptions): RecordSink {
    if (address === undefined) return openSink(to, this.#base, this.#report)
    const found = this.#objects.get(address)
    if (found === undefined) throw new TypeError(`${address}: there is no such object server`)
    const report = this.#report ?? (() => undefined)
    return openOwn(address, new ObjectOutlet(found, report), report)
  }

  /** Another config is served: what runs by this one may still end. */
  retire(): void {
    if (this.#sinks.length === 0) return
    // An object that is told of it may be about to end.
    for (const sink of this.#sinks) void sink.flush()
    setTimeout(() => void this.close(), PATIENCE).unref()
  }

  /** Fulfilled when all that was written is where it belongs. Never rejected. */
  async close(): Promise<void> {
    const sinks = this.#sinks
    this.#sinks = []
    await Promise.allSettled(sinks.map((sink) => sink.close()))
  }
}

function tried<T>(make: () => T, refuse: (cause: Error) => never): T {
  try {
    return make()
  } catch (cause) {
    return refuse(cause as Error)
  }
}
