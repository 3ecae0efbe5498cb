import type { ExchangeRecord } from '../message/exchange.ts'

/** Whether a request could not be read: nobody knows its method and target then. No request that can be has this target. */
export function isUnread({ uri }: ExchangeRecord): boolean {
  return uri === '-'
}
