import { once } from 'node:events'
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as request1 } from 'node:http'
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connect2 } from 'node:http2'
import { Agent as HttpsAgent, request as requestTls } from 'node:https'
import type { Site } from '../../src/site/site.ts'
import { seenIn, WebServerEnd, whole } from './web-server-end.ts'

export interface Question {
  readonly method?: string
  /** As it goes on the wire. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | Uint8Array
}

/** What a client saw: the fields without those that belong to a connection or to the moment. */
export interface Seen {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly trailers: Readonly<Record<string, string>>
  /** The field lines as they came, name and value, where the transport has lines. */
  readonly lines?: readonly (readonly [string, string])[]
  /** The informational answers before it. */
  readonly informed?: readonly number[]
  /** Whether the client could see that the answer is not whole. */
  readonly broken?: boolean
}

/** One exchange, step by step. */
export interface Talk {
  /** Sends a piece of the request's body. */
  send(text: string): void
  end(): void
  /** The status, once it is there. */
  readonly status: Promise<number>
  /** The answer's body as it comes. */
  readonly pieces: AsyncIterator<Buffer>
  /** Goes without a word. */
  leave(): void
}

/** One way to a site. */
export interface Transport {
  ask(question: Question): Promise<Seen>
  /** Begins an exchange, where the transport lets a client take its time. */
  talk?(question: Question): Talk
  close(): Promise<void>
}

const OF_THE_MOMENT = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding'])

export function plain(fields: object): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(fields)) {
    if (!name.startsWith(':') && !OF_THE_MOMENT.has(name)) kept[name] = String(value)
  }
  return kept
}

export function linesOf(raw: readonly string[]): (readonly [string, string])[] {
  return raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ''] as const] : []))
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<{ body: Buffer; broken: boolean }> {
  const chunks: Uint8Array[] = []
  try {
    for await (const chunk of body) chunks.push(Buffer.from(chunk))
    return { body: Buffer.concat(chunks), broken: false }
  } catch {
    return { body: Buffer.concat(chunks), broken: true }
  }
}

/** HTTP/1.1, over TLS for `https:`; certificates are not looked at. */
export function http1Client(url: string): Transport {
  const secure = url.startsWith('https:')
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, rejectUnauthorized: false })
    : new HttpAgent({ keepAlive: true })
  const { hostname, port } = new URL(url)
  const begin = ({ method = 'GET', path, headers = {} }: Question): ClientRequest => {
    const options = { host: hostname, port, method, path, headers: { host: 'a', ...headers }, agent }
    return secure ? requestTls(options) : request1(options)
  }
  return {
    async ask(question) {
      const sent = begin(question)
      const informed: number[] = []
      sent.on('information', ({ statusCode }) => informed.push(statusCode))
      // Of an answer that breaks off newer Nodes tell here too.
      sent.on('error', () => {})
      sent.end(question.body)
      const answer = await answerTo(sent)
      if (answer === undefined) return BROKEN
      const { body, broken } = await collect(answer)
      return {
        status: answer.statusCode ?? 0,
        headers: plain(answer.headers),
        lines: linesOf(answer.rawHeaders),
        body,
        trailers: plain(answer.trailers),
        informed,
        broken,
      }
    },
    talk(question) {
      const sent = begin(question)
      sent.on('error', () => {})
      sent.flushHeaders()
      const answered = once(sent, 'response') as Promise<[IncomingMessage]>
      return {
        send: (text) => sent.write(text),
        end: () => sent.end(),
        status: statusOf(answered, ([answer]) => answer.statusCode ?? 0),
        pieces: later(answered),
        leave: () => sent.destroy(),
      }
    },
    async close() {
      agent.destroy()
    },
  }
}

/** Seen of a connection that breaks before the head of the answer has come. */
const BROKEN: Seen = { status: 0, headers: {}, body: Buffer.alloc(0), trailers: {}, broken: true }

/** Undefined where the connection breaks before. */
async function answerTo(sent: ClientRequest): Promise<IncomingMessage | undefined> {
  try {
    return ((await once(sent, 'response')) as [IncomingMessage])[0]
  } catch {
    return undefined
  }
}

/** A client that leaves has none, and does not ask. */
function statusOf<T>(answered: Promise<T>, status: (answered: T) => number): Promise<number> {
  const told = answered.then(status)
  told.catch(() => {})
  return told
}

async function* later(answered: Promise<[IncomingMessage]>): AsyncGenerator<Buffer, void, undefined> {
  const [answer] = await answered
  yield* answer
}

/** HTTP/2, over TLS for `https:`; certificates are not looked at. */
export function http2Client(url: string): Transport {
  const session: ClientHttp2Session = connect2(url, { rejectUnauthorized: false })
  const begin = ({ method = 'GET', path, headers = {} }: Question, endStream: boolean): ClientHttp2Stream => {
    const stream = session.request({ ':method': method, ':path': path, ':authority': 'a', ...headers }, { endStream })
    // An answer before the end of the body is followed by a reset without a fault.
    stream.on('error', () => {})
    return stream
  }
  return {
    async ask(question) {
      const stream = begin(question, question.body === undefined)
      let trailers: object = {}
      const informed: number[] = []
      let lines: (readonly [string, string])[] = []
      stream.on('trailers', (found) => {
        trailers = found
      })
      stream.on('headers', (found) => informed.push(Number(found[':status'])))
      stream.on('response', (...[, , raw]: unknown[]) => {
        if (Array.isArray(raw)) lines = linesOf(raw as string[])
      })
      if (question.body !== undefined) stream.end(question.body)
      const [answer] = await once(stream, 'response')
      const { body, broken } = await collect(stream)
      return {
        status: answer[':status'],
        headers: plain(answer),
        lines,
        body,
        trailers: plain(trailers),
        informed,
        broken: broken || stream.rstCode !== 0,
      }
    },
    talk(question) {
      const stream = begin(question, false)
      const answered = once(stream, 'response')
      return {
        send: (text) => stream.write(text),
        end: () => stream.end(),
        status: statusOf(answered, ([answer]) => answer[':status']),
        pieces: stream[Symbol.asyncIterator](),
        leave: () => stream.close(8),
      }
    },
    async close() {
      session.destroy()
    },
  }
}

/** FastCGI, as a web server speaks it. */
export async function fastCgiClient(address: string): Promise<Transport> {
  const webServer = await WebServerEnd.open(address)
  let id = 0
  return {
    async ask({ method, path, headers = {}, body }) {
      const variables: Record<string, string> = {}
      for (const [name, value] of Object.entries(headers)) {
        const variable = name.toUpperCase().replaceAll('-', '_')
        const text = Array.isArray(value) ? value.join(', ') : value
        variables[variable === 'CONTENT_TYPE' ? variable : `HTTP_${variable}`] = text
      }
      const text = body === undefined ? undefined : Buffer.from(body).toString('latin1')
      const asked = {
        id: ++id,
        path,
        variables,
        ...(method !== undefined && { method }),
        ...(text !== undefined && { body: text }),
      }
      const { headers: fields, ...seen } = seenIn(await webServer.send(whole(asked)).answer(id))
      return { ...seen, headers: plain(fields) }
    },
    async close() {
      webServer.socket.destroy()
    },
  }
}

/** `site.request()`. */
export function inProcess(site: Site): Transport {
  return {
    async ask({ method = 'GET', path, headers = {}, body }) {
      const response = await site.request(path, {
        method,
        headers: { host: 'a', ...headers },
        ...(body !== undefined && { body }),
      })
      const found: Record<string, string> = {}
      for (const [name, value] of response.headers) found[name] = name in found ? `${found[name]},${value}` : value
      const content = Buffer.from(await response.bytes())
      const takes = String(headers['te'] ?? '').includes('trailers')
      const trailers = takes && response.trailers !== undefined ? await response.trailers() : []
      return {
        status: response.status,
        headers: plain(found),
        lines: [...response.headers.raw()],
        body: content,
        trailers: plain(Object.fromEntries(trailers)),
      }
    },
    async close() {},
  }
}
