import type { ExchangeRecord } from '../message/exchange.ts'
import { isoTime, milliseconds } from './clock.ts'
import { errorText } from './error-text.ts'
import { jsonBytes, jsonText, jsonValue } from './json-text.ts'
import type { Redaction } from './redaction.ts'

/**
 * One object on one line. Numbers are numbers, and what is not known is left out.
 * @param share What part of the exchanges is told of, where not all of them are.
 */
export function jsonLine(record: ExchangeRecord, redaction: Redaction, share?: number): string {
  const { remoteIp, user, referrer, agent } = record
  const name = record.remoteName === remoteIp ? '' : `,"remoteName":${jsonText(record.remoteName)}`
  const who = user === undefined ? '' : `,"user":${jsonText(user)}`
  const from = referrer === undefined ? '' : `,"referrer":${jsonBytes(redaction.referrer(referrer))}`
  const by = agent === undefined ? '' : `,"agent":${jsonBytes(agent)}`
  const line = `{"time":"${isoTime(record.time)}","remoteIp":${jsonText(remoteIp)}${name}${who},${METHOD.of(record.method)}"uri":${jsonBytes(redaction.uri(record.uri))},${PROTOCOL.of(record.protocol)}"host":${jsonBytes(record.host)},"status":${record.status},"contentLength":${record.contentLength},${TYPE.of(record.contentType)}"bytesIn":${record.bytesIn},"bytesOut":${record.bytesOut},"firstByte":${milliseconds(record.firstByte)},"duration":${milliseconds(record.duration)},${ROUTE.of(record.route)}${RESOURCE.of(record.resource)}"requestId":"${record.requestId}"${from}${by}`
  const { aborted, error, backend } = record
  return aborted || error !== undefined || backend !== undefined || share !== undefined
    ? `${line}${rare(record, share)}}`
    : `${line}}`
}

function rare({ aborted, error, backend }: ExchangeRecord, share: number | undefined): string {
  let more = aborted ? ',"aborted":true' : ''
  if (error !== undefined) more += `,"error":${jsonText(errorText(error))}`
  if (backend !== undefined) more += `,"backend":${jsonValue(backend)}`
  return share === undefined ? more : `${more},"sample":${share}`
}

/** A member whose value is the same for most lines: what was written last is kept. */
class Usual {
  readonly #key: string
  readonly #json: (value: string) => string
  #value: string | undefined = undefined
  #text = ''

  constructor(key: string, json: (value: string) => string) {
    this.#key = key
    this.#json = json
  }

  of(value: string | undefined): string {
    if (value !== this.#value) {
      this.#value = value
      this.#text = value === undefined ? '' : `"${this.#key}":${this.#json(value)},`
    }
    return this.#text
  }
}

const METHOD = new Usual('method', jsonBytes)
const PROTOCOL = new Usual('protocol', jsonText)
const TYPE = new Usual('contentType', jsonBytes)
const ROUTE = new Usual('route', jsonText)
const RESOURCE = new Usual('resource', jsonText)
