import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'

export interface Got {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** False where the connection broke off before the whole body had come. */
  readonly complete: boolean
}

export interface Asking {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly agent?: Agent
  /** Called with each piece of the body as it comes. */
  readonly onData?: (bytes: Buffer) => void
}

/**
 * A request over a real socket, the path sent as it is: no client library straightens it out. A connection that breaks
 * off gives what has come until then, with status 0 where that was less than a head.
 */
export function ask(
  origin: string,
  path: string,
  { method = 'GET', headers = {}, body, agent, onData }: Asking = {},
): Promise<Got> {
  const { hostname, port } = new URL(origin)
  return new Promise<Got>((resolve, reject) => {
    const chunks: Buffer[] = []
    let answer: IncomingMessage | undefined
    const end = (): void =>
      resolve({
        status: answer?.statusCode ?? 0,
        headers: answer?.headers ?? {},
        body: Buffer.concat(chunks),
        complete: answer?.complete ?? false,
      })
    const sent = request(
      { host: hostname, port, path, method, headers, agent: agent ?? new Agent({ keepAlive: false }) },
      (got) => {
        answer = got
        got.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          onData?.(chunk)
        })
        got.on('end', end).on('error', end)
      },
    )
    sent.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? end() : reject(error)))
    sent.end(body)
  })
}
