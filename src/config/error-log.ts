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
  const log = new ErrorLog(options, errorLog === undefined ? NOWHERE : new LateSink(open), onError)
  const also = errorLog === undefined ? plain : given
  const report: Report = (level, event, fields) => {
    also?.(level, event, fields)
    log.report(level, event, fields)
  }
  return { ...config, report }
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

/** A sink that is opened with its first line: a config is also read by those who only look at it. */
class LateSink implements Sink {
  readonly #open: () => Sink
  #sink: Sink | undefined

  constructor(open: () => Sink) {
    this.#open = open
  }

  get dropped(): number {
    return this.#sink?.dropped ?? 0
  }

  write(line: string): void {
    this.#sink ??= this.#open()
    this.#sink.write(line)
  }

  async flush(): Promise<void> {
    await this.#sink?.flush()
  }

  reopen(): void {
    this.#sink?.reopen()
  }

  async close(): Promise<void> {
    await this.#sink?.close()
  }
}
