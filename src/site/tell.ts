import type { Exchange, ExchangeRecord } from '../message/exchange.ts'
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
