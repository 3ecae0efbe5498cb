import { HttpError } from '../message/errors.ts'
import type { ExchangeRecord } from '../message/exchange.ts'
import type { Logger } from '../message/interface.ts'
import { isPromise } from '../message/reply.ts'

/** What a line of the format `json` may say (docs/logs.md). */
type ToldRecord = Partial<Omit<ExchangeRecord, 'time' | 'requestField' | 'responseField'>> & { readonly time?: string }

/**
 * Tells a Logger of all exchanges, one by one, whatever it throws at one of them.
 * @param lines A line of JSON for each, see `recordOf`.
 * @throws HttpError 400 for a line that is none; the first of what it threw, after it was told of all.
 */
export async function tellLogger(logger: Logger, lines: string): Promise<void> {
  const records = lines.split('\n').filter(Boolean).map(recordOf)
  const failures: unknown[] = []
  const pending: Promise<unknown>[] = []
  for (const record of records) {
    try {
      const made: unknown = logger.logRequest(record)
      // It may be asynchronous, against its type: then it is told of the next batch when it is done with this one.
      if (isPromise(made)) pending.push(made.catch((error) => failures.push(error)))
    } catch (error) {
      failures.push(error)
    }
  }
  await Promise.all(pending)
  if (failures.length > 0) throw failures[0]
}

/**
 * An exchange as the line of a log tells of it. What happened in another process is known by what was written down: it has no
 * fields of messages, and of an error its text.
 * @throws HttpError 400 for what is no JSON object.
 */
export function recordOf(line: string): ExchangeRecord {
  const told = toldBy(line)
  const { time = '', method = '-', uri = '-', remoteIp = '' } = told
  return {
    requestId: '',
    protocol: '',
    host: '',
    status: 0,
    contentLength: 0,
    contentType: undefined,
    remoteName: remoteIp,
    user: undefined,
    route: undefined,
    resource: undefined,
    bytesIn: 0,
    bytesOut: 0,
    firstByte: 0,
    duration: 0,
    referrer: undefined,
    agent: undefined,
    aborted: false,
    error: undefined,
    backend: undefined,
    ...told,
    method,
    uri,
    remoteIp,
    time: Date.parse(time) || 0,
    requestField: nothing,
    responseField: nothing,
  }
}

function toldBy(line: string): ToldRecord {
  try {
    const told: unknown = JSON.parse(line)
    if (typeof told === 'object' && told !== null) return told
  } catch {
    // As what is JSON, and no object.
  }
  throw new HttpError(400, { code: 'log', detail: 'A line of a log is no JSON object.' })
}

function nothing(): undefined {
  return undefined
}
