import type { BackendRecord, ExchangeRecord } from '../message/exchange.ts'
import { isoTime, localTime, milliseconds } from './clock.ts'
import { errorText } from './error-text.ts'
import type { Redaction } from './redaction.ts'
import { isUnread } from './unread.ts'

/** What a template calls by a name. */
export interface Named {
  /** Undefined for what is not known. */
  of(record: ExchangeRecord, redaction: Redaction): string | undefined
  /** Whether it is digits and a dot at most. */
  readonly numeric?: boolean
  /** Whether it has one character a byte. */
  readonly bytes?: boolean
}

/** Everything that a record tells, and the parts of what the back end said. */
export const NAMED: ReadonlyMap<string, Named> = new Map<string, Named>([
  ['time', { of: ({ time }) => isoTime(time) }],
  ['localTime', { of: ({ time }) => localTime(time), numeric: true }],
  ['remoteIp', { of: ({ remoteIp }) => remoteIp }],
  ['remoteName', { of: ({ remoteName }) => remoteName }],
  ['user', { of: ({ user }) => user }],
  // Bytes that are no request have neither; a target `-` is none.
  ['method', { of: (record) => (isUnread(record) ? undefined : record.method), bytes: true }],
  ['uri', { of: (record, redaction) => (isUnread(record) ? undefined : redaction.uri(record.uri)), bytes: true }],
  ['protocol', { of: ({ protocol }) => protocol }],
  ['host', { of: ({ host }) => (host === '' ? undefined : host), bytes: true }],
  ['status', number((record) => record.status)],
  ['contentLength', number((record) => record.contentLength)],
  ['contentType', { of: ({ contentType }) => contentType, bytes: true }],
  ['bytesIn', number((record) => record.bytesIn)],
  ['bytesOut', number((record) => record.bytesOut)],
  ['firstByte', { of: ({ firstByte }) => milliseconds(firstByte), numeric: true }],
  ['duration', { of: ({ duration }) => milliseconds(duration), numeric: true }],
  ['route', { of: ({ route }) => route }],
  ['resource', { of: ({ resource }) => resource }],
  ['referrer', { of: ({ referrer }, redaction) => redaction.referrer(referrer), bytes: true }],
  ['agent', { of: ({ agent }) => agent, bytes: true }],
  ['requestId', { of: ({ requestId }) => requestId }],
  ['aborted', { of: ({ aborted }) => (aborted ? 'aborted' : undefined) }],
  ['error', { of: ({ error }) => (error === undefined ? undefined : errorText(error)) }],
  ['process', said((backend) => backend.process)],
  ['exitCode', said((backend) => backend.exitCode)],
  ['signal', said((backend) => backend.signal)],
  ['appStatus', said((backend) => backend.appStatus)],
  ['protocolStatus', said((backend) => backend.protocolStatus)],
  ['stderr', said((backend) => backend.stderr?.join('\n'))],
  ['retries', said((backend) => backend.retries)],
])

function number(of: (record: ExchangeRecord) => number): Named {
  return { of: (record) => String(of(record)), numeric: true }
}

function said(of: (backend: BackendRecord) => string | number | undefined): Named {
  return {
    of: ({ backend }) => {
      const value = backend === undefined ? undefined : of(backend)
      return value === undefined ? undefined : String(value)
    },
  }
}
