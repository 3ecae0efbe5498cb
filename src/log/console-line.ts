import type { ExchangeRecord } from '../message/exchange.ts'
import { jsonText } from './json-text.ts'
import { redactionOf } from './redaction.ts'

const redaction = redactionOf()

let second = 0
let clock = ''

/**
 * One line for people: time, client, method, target, status, bytes, milliseconds. The target has been checked to be
 * visible ASCII when it was read, so nothing that a client sends can move the cursor or forge a line. Secrets in its query are
 * hidden, as logs do by default: what a terminal shows is kept too, by service managers.
 */
export function consoleLine(record: ExchangeRecord): string {
  const { status, contentLength, duration } = record
  const user = record.user === undefined ? '' : ` ${jsonText(record.user)}`
  const end = record.aborted ? ' (client gone)' : ''
  return `${timeOf(record.time)} ${record.remoteIp}${user} ${record.method} ${redaction.uri(record.uri)} ${status} ${contentLength} ${duration.toFixed(1)}ms${end}\n`
}

/** The text of a second is made once. */
function timeOf(time: number): string {
  const now = Math.floor(time / 1000)
  if (now !== second) {
    second = now
    clock = new Date(now * 1000).toISOString().slice(0, 19).replace('T', ' ')
  }
  return clock
}
