import type { ExchangeRecord } from '../message/exchange.ts'
import { oneLine } from './active.ts'
import { jsonLines } from './json.ts'
import type { Format, LogOptions } from './options.ts'
import { type Redaction, redactionOf } from './redaction.ts'
import type { Line } from './sink.ts'
import { COMBINED, COMMON, templateLine } from './template.ts'

/** How the records of a logger become lines. @throws TypeError for a template that cannot be used. */
export function formatOf({ format, to, object, filter, redact }: LogOptions): Line {
  const redaction = redactionOf(redact)
  const share = filter?.sample
  return lineOf(
    format ?? (object !== undefined || isEndpoint(to) ? 'json' : 'combined'),
    redaction,
    share === 1 ? undefined : share,
  )
}

function lineOf(format: Format, redaction: Redaction, share: number | undefined): Line {
  if (format === 'json') return jsonLines(redaction, share)
  if (format === 'common') return templateLine(COMMON, redaction)
  if (format === 'combined') return templateLine(COMBINED, redaction)
  if (typeof format === 'function') return (record) => oneLine(String(format(redacted(record, redaction))))
  return templateLine(format.template, redaction)
}

/** Programs take objects, and rarely the log of a web server. */
function isEndpoint(to: LogOptions['to']): boolean {
  return typeof to === 'object' && ('http' in to || 'sql' in to)
}

/** The same record without its secrets, for a format that is somebody's own. */
function redacted(record: ExchangeRecord, redaction: Redaction): ExchangeRecord {
  const { contentType, remoteName, agent, requestId } = record
  return {
    ...record,
    contentType,
    remoteName,
    agent,
    requestId,
    uri: redaction.uri(record.uri),
    referrer: redaction.referrer(record.referrer),
    requestField: (name) => redaction.field(name.toLowerCase(), record.requestField(name)),
    responseField: (name) => redaction.field(name.toLowerCase(), record.responseField(name)),
  }
}
