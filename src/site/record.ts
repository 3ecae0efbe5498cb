import type { Connection } from '../message/connection.ts'
import type { BackendRecord, Exchange, ExchangeRecord } from '../message/exchange.ts'
import type { Headers } from '../message/headers.ts'
import type { Request } from '../message/request.ts'
import type { Response } from '../message/response.ts'

/** What the loggers are told of a finished exchange (LogRequest of logger.isl). */
export function recordOf(request: Request, connection: Connection, response: Response): ExchangeRecord {
  return new FinishedExchange(request, connection, response)
}

/**
 * What is at hand is copied, so that it stays as it was. What must be worked out is, when a logger asks for it: fields
 * are looked for in the text of the head, and a request that nobody logs in full costs no more than what is logged.
 */
class FinishedExchange implements ExchangeRecord {
  readonly time: number
  readonly method: string
  readonly uri: string
  readonly protocol: string
  readonly host: string
  readonly status: number
  readonly contentLength: number
  readonly remoteIp: string
  readonly remoteName: string
  readonly user: string | undefined
  readonly route: string | undefined
  readonly resource: string | undefined
  readonly bytesIn: number
  readonly bytesOut: number
  readonly firstByte: number
  readonly duration: number
  readonly aborted: boolean
  readonly error: unknown
  readonly backend: BackendRecord | undefined
  readonly #exchange: Exchange
  readonly #asked: Headers
  readonly #answered: Headers

  constructor(request: Request, connection: Connection, response: Response) {
    const { exchange } = connection
    const { started, firstByte } = exchange
    // Nobody took the time where a reload has just begun to log.
    const duration = started === 0 ? 0 : performance.now() - started
    // From the clock on the wall: the other one stands still while the machine sleeps.
    this.time = Date.now() - duration
    this.method = request.method
    this.uri = request.target
    this.protocol = connection.protocol
    this.host = request.authority
    this.status = response.status
    this.contentLength = exchange.contentLength
    this.remoteIp = connection.clientAddress
    // Who keeps a record must not keep the connection, and with it the content of the answer.
    this.remoteName = connection.knownName ?? this.remoteIp
    this.user = connection.user?.name
    this.route = exchange.route
    this.resource = exchange.resource
    this.bytesIn = exchange.bytesIn
    this.bytesOut = exchange.bytesOut
    this.firstByte = firstByte === 0 ? 0 : firstByte - started
    this.duration = duration
    this.aborted = exchange.aborted
    this.error = exchange.error
    this.backend = exchange.backend
    this.#exchange = exchange
    this.#asked = request.headers.kept()
    this.#answered = response.peek().kept()
  }

  get requestId(): string {
    return this.#exchange.requestId
  }

  get contentType(): string | undefined {
    return this.responseField('content-type')
  }

  get referrer(): string | undefined {
    return this.requestField('referer')
  }

  get agent(): string | undefined {
    return this.requestField('user-agent')
  }

  requestField(name: string): string | undefined {
    return this.#asked.get(name) ?? undefined
  }

  responseField(name: string): string | undefined {
    return this.#answered.get(name) ?? undefined
  }
}
