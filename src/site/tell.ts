import type { Exchange, ExchangeRecord, Report } from '../message/exchange.ts'
import type { Logger } from '../message/interface.ts'
import { isPromise } from '../message/reply.ts'

/** Tells every logger. One that fails is reported, and keeps nothing from the others. */
export function tell(loggers: readonly Logger[], record: ExchangeRecord, exchange: Exchange): void {
  for (const logger of loggers) {
    try {
      const made: unknown = logger.logRequest(record)
      // It may be asynchronous, against its type, and reject.
      if (isPromise(made)) made.then(undefined, (error) => failed(exchange, error))
    } catch (error) {
      failed(exchange, error)
    }
  }
}

function failed(exchange: Exchange, error: unknown): void {
  exchange.report('error', 'A logger failed.', { error })
}

/** A report that fails itself has nobody left to tell, and must not end the process. */
export function unfailing(report: Report): Report {
  return (level, event, fields) => {
    try {
      const made: unknown = report(level, event, fields)
      // It may be asynchronous, against its type, and reject.
      if (isPromise(made)) made.then(undefined, ignore)
    } catch {
      // Nobody is left to tell.
    }
  }
}

function ignore(): void {}
