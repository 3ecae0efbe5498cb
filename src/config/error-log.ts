import type { ErrorLogOptions } from '../log/error-log-options.ts'
import type { Sink } from '../log/sink.ts'
import { openSink } from '../log/sinks/open.ts'
import { loadOutlets } from '../log/sinks/outlets.ts'
import type { Report } from '../message/exchange.ts'
import type { Config } from './config.ts'
import { errorPlace } from './log-places.ts'

/**
 * The config with what writes its error log as `report`. The place is opened with the first entry.
 * @param otherwise Where reports go that the config names no place for, and what is said of a place that fails.
 */
export async function withErrorLog(config: Config, base: string, otherwise?: Report): Promise<Config> {
  const { errorLog, onError, report: given } = config
  const plain = given ?? otherwise
  if (errorLog === undefined && onError === undefined)
    return plain === undefined ? config : { ...config, report: plain }
  const to = errorPlace(errorLog ?? {})
  // Loaded by those who have one: the last moment when somebody can wait for it.
  const [{ ErrorLog }] = await Promise.all([import('../log/error-log.ts'), loadOutlets([to])])
  // An error log that fails cannot be told of in itself.
  const open = (): Sink => openedOr(() => openSink(to, base, plain), plain)
  const options: ErrorLogOptions =
    typeof to === 'object' && 'sql' in to ? { ...errorLog, format: 'json' } : { ...errorLog }
  const late = errorLog === undefined ? undefined : new LateSink(open)
  const log = new ErrorLog(options, late ?? NOWHERE, onError)
  const also = errorLog === undefined ? plain : given
  const report: Report = (level, event, fields) => {
    also?.(level, event, fields)
    log.report(level, event, fields)
  }
  if (late !== undefined) opened.set(report, late)
  return { ...config, report }
}

/** The error logs that reports go to. */
const opened = new WeakMap<Report, LateSink>()

/**
 * Lets go of the place of an error log, when what was written is there: another config is served. What is reported after
 * that still goes there.
 */
export async function leaveErrorLog(report: Report | undefined): Promise<void> {
  if (report !== undefined) await opened.get(report)?.close()
}

function openedOr(open: () => Sink, told: Report | undefined): Sink {
  try {
    return open()
  } catch (error) {
    told?.('error', 'The error log cannot be opened: nothing is written to it.', { error })
    return NOWHERE
  }
}

const NOWHERE: Sink = {
  write: () => undefined,
  flush: () => Promise.resolve(),
  reopen: () => undefined,
  close: () => Promise.resolve(),
  dropped: 0,
}

/**
 * A sink that is opened with its first line: a config is also read by those who only look at it. Once it was closed, a line
 * that comes late opens it for itself.
 */
class LateSink implements Sink {
  readonly #open: () => Sink
  #sink: Sink | undefined
  #closed = false
  #closing: Promise<void> | undefined

  constructor(open: () => Sink) {
    this.#open = open
  }

  get dropped(): number {
    return this.#sink?.dropped ?? 0
  }

  write(line: string): void {
    this.#sink ??= this.#open()
    this.#sink.write(line)
    if (this.#closed) void this.close()
  }

  async flush(): Promise<void> {
    await this.#sink?.flush()
  }

  reopen(): void {
    this.#sink?.reopen()
  }

  async close(): Promise<void> {
    const sink = this.#sink
    this.#sink = undefined
    this.#closed = true
    // It may be closed once more while a line that came late is on its way.
    if (sink !== undefined) this.#closing = Promise.all([this.#closing, sink.close()]).then(() => undefined)
    await this.#closing
  }
}
