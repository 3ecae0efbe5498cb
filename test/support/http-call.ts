import type { Call, Content, Open } from '../../src/gateway/call.ts'
import { exchange, type GatewayAnswer } from '../../src/gateway/exchange.ts'
import { openConnections } from '../../src/gateway/http/connection.ts'
import type { GatewayTimeouts } from '../../src/gateway/patience.ts'
import { replyOf } from '../../src/gateway/reply.ts'
import { Connection, type SocketFacts } from '../../src/message/connection.ts'
import { HttpError } from '../../src/message/errors.ts'
import { Exchange } from '../../src/message/exchange.ts'
import type { Headers } from '../../src/message/headers.ts'
import { Request } from '../../src/message/request.ts'
import type { Response } from '../../src/message/response.ts'

const PATIENCE: GatewayTimeouts = { firstByte: 8000, idle: 8000, total: 20_000 }

export interface UpstreamCallOptions {
  readonly method?: string
  readonly path?: string
  readonly content?: Content | undefined
  readonly upgrade?: string
  readonly takesTrailers?: boolean
  readonly timeouts?: Partial<GatewayTimeouts>
  readonly signal?: AbortSignal
}

export interface UpstreamCalled {
  readonly answered: Promise<GatewayAnswer>
  /** The informational answers that the client was sent. */
  readonly informed: readonly number[]
  /** `200 text` when the answer is complete; what went wrong: `502 cause`, or where it had begun `broken off: cause`. */
  readonly outcome: Promise<string>
}

/** Has an HTTP upstream answer a request, as the proxy does. */
export function callUpstream(open: Open, options: UpstreamCallOptions = {}): UpstreamCalled {
  const { method = 'GET', path = '/', content, upgrade, takesTrailers = false, timeouts, signal } = options
  const request = new Request('http://h/', { method, ...(signal && { signal }) })
  const connection = new Connection({} as SocketFacts, new Exchange(), 'HTTP/1.1')
  const informed: number[] = []
  connection.informer = { inform: (status: number, _: Headers) => void informed.push(status) }
  const call: Call = {
    request,
    connection,
    variables: [],
    lines: `${method} ${path} HTTP/1.1\r\nHost: h\r\n`,
    upgrade,
    takesTrailers,
    content,
    data: undefined,
    tried: undefined,
  }
  const answered = exchange(open, call, { timeouts: { ...PATIENCE, ...timeouts }, name: 'upstream' })
  let outcome: Promise<string> | undefined
  answered.catch(() => {})
  return {
    answered,
    informed,
    get outcome() {
      outcome ??= answered.then((answer) => read(answer, replyOf(answer, request) as Response)).catch(said)
      return outcome
    },
  }
}

async function read({ body }: GatewayAnswer, response: Response): Promise<string> {
  try {
    const content = await response.text()
    return [response.status, content, ...(body.trailers?.raw() ?? [])].join(' ')
  } catch (error) {
    return `broken off: ${said(error)}`
  }
}

function said(error: unknown): string {
  if (!(error instanceof HttpError)) return String(error)
  return `${error.status} ${error.cause instanceof Error ? error.cause.message : error.message}`
}

/** Fulfilled when no connection to any upstream is left. */
export async function noUpstreamLeft(): Promise<void> {
  while (openConnections() > 0) await new Promise((resolve) => setTimeout(resolve, 20))
}
