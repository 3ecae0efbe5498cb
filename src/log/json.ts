import type { ExchangeRecord } from '../message/exchange.ts'
import { isoTime, milliseconds } from './clock.ts'
import { errorText } from './error-text.ts'
import { jsonBytes, jsonText, jsonValue } from './json-text.ts'
import type { Redaction } from './redaction.ts'
import type { Line } from './sink.ts'
import { isUnread } from './unread.ts'
import { usual } from './usual.ts'

/**
 * Lines of one object each. Numbers are numbers, and what is not known is left out. What most lines have in common stands
 * together, so that it is written down once.
 * @param share What part of the exchanges is told of, where not all of them are.
 */
export function jsonLines(redaction: Redaction, share?: number): Line {
  const client = usual(
    (ip: string, name: string, user: string | undefined, method: string | undefined) =>
      `","remoteIp":${jsonText(ip)}${name === ip ? '' : `,"remoteName":${jsonText(name)}`}${member('user', user, jsonText)}${member('method', method, jsonBytes)}`,
  )
  const target = usual((uri: string) => `,"uri":${jsonBytes(redaction.uri(uri))}`)
  const site = usual(
    (protocol: string, host: string, route: string | undefined, resource: string | undefined) =>
      `,"protocol":${jsonText(protocol)},"host":${jsonBytes(host)}${member('route', route, jsonText)}${member('resource', resource, jsonText)},"status":`,
  )
  const answer = usual(
    (status: number, type: string | undefined, length: number, bytesIn: number, bytesOut: number) =>
      `${status},"contentLength":${length}${member('contentType', type, jsonBytes)},"bytesIn":${bytesIn},"bytesOut":${bytesOut},"firstByte":`,
  )
  const browser = usual(
    (referrer: string | undefined, agent: string | undefined) =>
      `"${member('referrer', redaction.referrer(referrer), jsonBytes)}${member('agent', agent, jsonBytes)}`,
  )
  return (record) => {
    const { aborted, error, backend } = record
    const unread = isUnread(record)
    const line = `{"time":"${isoTime(record.time)}${client(record.remoteIp, record.remoteName, record.user, unread ? undefined : record.method)}${unread ? '' : target(record.uri)}${site(record.protocol, record.host, record.route, record.resource)}${answer(record.status, record.contentType, record.contentLength, record.bytesIn, record.bytesOut)}${milliseconds(record.firstByte)},"duration":${milliseconds(record.duration)},"requestId":"${record.requestId}${browser(record.referrer, record.agent)}`
    return aborted || error !== undefined || backend !== undefined || share !== undefined
      ? `${line}${rare(record, share)}}`
      : `${line}}`
  }
}

function member(key: string, value: string | undefined, json: (value: string) => string): string {
  return value === undefined ? '' : `,"${key}":${json(value)}`
}

function rare({ aborted, error, backend }: ExchangeRecord, share: number | undefined): string {
  let more = aborted ? ',"aborted":true' : ''
  if (error !== undefined) more += `,"error":${jsonText(errorText(error))}`
  if (backend !== undefined) more += `,"backend":${jsonValue(backend)}`
  return share === undefined ? more : `${more},"sample":${share}`
}
