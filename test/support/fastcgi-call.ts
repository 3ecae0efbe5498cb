import type { Call, Content, Data, Open } from '../../src/gateway/call.ts'
import { exchange } from '../../src/gateway/exchange.ts'
import { openConnections } from '../../src/gateway/fastcgi/backends.ts'
import type { GatewayTimeouts } from '../../src/gateway/patience.ts'
import { replyOf } from '../../src/gateway/reply.ts'
import { Connection, type SocketFacts } from '../../src/message/connection.ts'
import { HttpError } from '../../src/message/errors.ts'
import { Exchange } from '../../src/message/exchange.ts'
import { Request } from '../../src/message/request.ts'
import type { Response } from '../../src/message/response.ts'

const PATIENCE: GatewayTimeouts = { firstByte: 8000, idle: 8000, total: 20_000 }

export interface CallOptions {
  readonly method?: string
  readonly content?: Content | undefined
  readonly data?: Data
  readonly variables?: readonly string[]
  readonly timeouts?: Partial<GatewayTimeouts>
  readonly signal?: AbortSignal
}

export interface Called {
  readonly answered: Promise<Response>
  readonly exchange: Exchange
  /** Reads the content when it is asked for: `200 text` when the answer is complete; what went wrong: `502 cause`, or where it had begun `broken off: cause`. */
  readonly outcome: Promise<string>
}

/** Has a FastCGI application answer a request, as a resource does. */
export function call(open: Open, options: CallOptions = {}): Called {
  const { method = 'GET', content, data, variables = [], timeouts, signal } = options
  const request = new Request('http://h/a?b', { method, ...(signal && { signal }) })
  const kept = new Exchange()
  const connection = new Connection({} as SocketFacts, kept, 'HTTP/1.1')
  const one: Call = {
    request,
    connection,
    variables: ['REQUEST_METHOD', method, ...variables],
    lines: undefined,
    content,
    data,
    tried: undefined,
  }
  const answered = exchange(open, one, { timeouts: { ...PATIENCE, ...timeouts }, name: 'application' }).then(
    (answer) => replyOf(answer, request) as Response,
  )
  answered.catch(() => {})
  let outcome: Promise<string> | undefined
  return {
    answered,
    exchange: kept,
    get outcome() {
      outcome ??= answered.then(read, said)
      return outcome
    },
  }
}

async function read(response: Response): Promise<string> {
  try {
    return `${response.status} ${await response.text()}`
  } catch (error) {
    return `broken off: ${said(error)}`
  }
}

function said(error: unknown): string {
  if (!(error instanceof HttpError)) return String(error)
  return `${error.status} ${error.cause instanceof Error ? error.cause.message : error.message}`
}

/** A content in memory. */
export function inMemory(text: string): Content {
  return { size: text.length, bytes: Buffer.from(text, 'latin1'), close() {} }
}

/** A content that comes in pieces. */
export function inPieces(pieces: readonly string[]): Content {
  const source = (async function* () {
    for (const piece of pieces) yield Buffer.from(piece, 'latin1')
  })()
  return { size: pieces.join('').length, source, close() {} }
}

/** Fulfilled when no connection to any application is left. */
export async function noneLeft(): Promise<void> {
  while (openConnections() > 0) await new Promise((resolve) => setTimeout(resolve, 20))
}
