import type { ExchangeRecord } from '../message/exchange.ts'
import { isoTime, milliseconds } from './clock.ts'
import { errorText } from './error-text.ts'
import { isPlain, jsonBytes, jsonText, jsonValue } from './json-text.ts'
import type { Redaction } from './redaction.ts'

/**
 * One object on one line. Numbers are numbers, and what is not known is left out.
 * @param share What part of the exchanges is told of, where not all of them are.
 */
export function jsonLine(record: ExchangeRecord, redaction: Redaction, share?: number): string {
  const { remoteIp, method, protocol, host, status, contentLength, contentType } = record
  const { user, route, resource, agent, requestId } = record
  const uri = redaction.uri(record.uri)
  const referrer = redaction.referrer(record.referrer)
  // One look at all of them together: most lines need no escapes, and a look has a price of its own.
  const plain = isPlain(
    `${remoteIp}${requestId}${method}${uri}${protocol}${host}${contentType}${user}${route}${resource}${referrer}${agent}`,
  )
  const text = plain ? quoted : jsonText
  const bytes = plain ? quoted : jsonBytes
  let line = `{"time":"${isoTime(record.time)}","remoteIp":${text(remoteIp)}`
  if (record.remoteName !== remoteIp) line += `,"remoteName":${jsonText(record.remoteName)}`
  if (user !== undefined) line += `,"user":${text(user)}`
  line += `,"method":${text(method)},"uri":${bytes(uri)},"protocol":${text(protocol)},"host":${bytes(host)},"status":${status},"contentLength":${contentLength}`
  if (contentType !== undefined) line += `,"contentType":${bytes(contentType)}`
  line += `,"bytesIn":${record.bytesIn},"bytesOut":${record.bytesOut},"firstByte":${milliseconds(record.firstByte)},"duration":${milliseconds(record.duration)}`
  if (route !== undefined) line += `,"route":${text(route)}`
  if (resource !== undefined) line += `,"resource":${text(resource)}`
  if (referrer !== undefined) line += `,"referrer":${bytes(referrer)}`
  if (agent !== undefined) line += `,"agent":${bytes(agent)}`
  line += `,"requestId":${text(requestId)}`
  if (record.aborted) line += ',"aborted":true'
  if (record.error !== undefined) line += `,"error":${jsonText(errorText(record.error))}`
  if (record.backend !== undefined) line += `,"backend":${jsonValue(record.backend)}`
  if (share !== undefined) line += `,"sample":${share}`
  return `${line}}`
}

function quoted(plain: string): string {
  return `"${plain}"`
}
