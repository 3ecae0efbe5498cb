import type { Call, Content, Open } from '../gateway/call.ts'
import { badAnswer } from '../gateway/call.ts'
import { type ExchangeOptions, exchange } from '../gateway/exchange.ts'
import { type AuthorizationRecord, Connection, type SocketFacts } from '../message/connection.ts'
import { AuthenticationFailed, HttpError } from '../message/errors.ts'
import { Exchange, type Report } from '../message/exchange.ts'
import { Request } from '../message/request.ts'
import { nameValues } from '../protocol/fastcgi/name-values.ts'
import { CALL, type CallKind, OBJECT, REQUEST } from '../protocol/object/names.ts'
import type { FormNoted } from './object-call.ts'
import type { ObjectInfo, ServerInfo } from './server.ts'

/** What is asked of an object server beside requests. */
export interface Question {
  readonly kind: CallKind
  readonly object: string
  readonly content: string
}

export interface AskOptions extends ExchangeOptions {
  /** Told of what it writes to its standard error meanwhile. */
  readonly report?: Report | undefined
}

/** Bytes of an answer to this. */
const MOST = 16 * 1024 * 1024
const NOWHERE: SocketFacts = {
  remote: { address: '', port: undefined },
  local: { address: '', port: undefined },
  secure: false,
  tls: undefined,
  remoteName: () => Promise.resolve(''),
}

/**
 * Asks, and returns the content of the answer.
 * @param noted Told whether the object server understands such questions.
 * @throws HttpError as it was answered, 501 where the server knows nothing of such questions; 502, 503, 504.
 */
export async function ask(
  open: Open,
  options: AskOptions,
  { kind, object, content }: Question,
  noted?: FormNoted,
): Promise<string> {
  const request = new Request('http://localhost/', { method: 'POST' })
  const connection = new Connection(NOWHERE, new Exchange(options.report), 'HTTP/1.1')
  const bytes = Buffer.from(content)
  const sent: Content | undefined = bytes.length === 0 ? undefined : { size: bytes.length, bytes, close() {} }
  let understood = false
  const call: Call = {
    request,
    connection,
    get whole() {
      understood = true
      const head = `POST / HTTP/1.1\r\nContent-Length: ${bytes.length}\r\n`
      return nameValues([OBJECT, object, CALL, kind, REQUEST, head])
    },
    get variables(): readonly string[] {
      // Of several servers each takes its own form.
      understood = false
      return ['REQUEST_METHOD', 'GET', 'GATEWAY_INTERFACE', 'CGI/1.1', OBJECT, object, CALL, kind]
    },
    lines: undefined,
    content: sent,
    data: undefined,
    tried: undefined,
  }
  const { head, body } = await exchange(open, call, options)
  if (noted !== undefined) noted.whole = understood
  if (!understood) {
    body.discard()
    throw new HttpError(501, { detail: `${options.name}: it does not know of objects` })
  }
  const { status = 200 } = head
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of body) {
    size += piece.byteLength
    if (size > MOST) throw badAnswer(`${options.name}: its answer has more than ${MOST} bytes`)
    pieces.push(piece)
  }
  const text = Buffer.concat(pieces).toString('utf8')
  if (status >= 400) throw new HttpError(status, text === '' ? {} : { detail: text })
  return text
}

/** @throws AuthenticationFailed, or what asking throws. */
export async function authenticated(answer: Promise<string>): Promise<AuthorizationRecord> {
  let text: string
  try {
    text = await answer
  } catch (error) {
    if (error instanceof HttpError && error.status === 403) throw new AuthenticationFailed(error.message)
    throw error
  }
  const { name, groups = [] } = record(text)
  if (typeof name !== 'string' || !Array.isArray(groups) || !groups.every((group) => typeof group === 'string')) {
    throw badAnswer('an authenticator said of somebody neither a name nor groups')
  }
  return { name, groups }
}

/** @throws HttpError 502 for what describes no objects, or what asking throws. */
export async function described(answer: Promise<string>): Promise<ServerInfo> {
  const { server, software, since, objects } = record(await answer)
  if (!Array.isArray(objects)) throw badAnswer('an object server did not say what its objects are')
  return {
    ...(typeof server === 'string' && { server }),
    ...(typeof software === 'string' && { software }),
    ...(typeof since === 'string' && { since }),
    objects: objects.filter(isObjectInfo),
  }
}

function isObjectInfo(told: unknown): told is ObjectInfo {
  const { name, methods } = Object(told) as Record<string, unknown>
  return typeof name === 'string' && Array.isArray(methods) && methods.every((method) => typeof method === 'string')
}

function record(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>
  } catch {
    throw badAnswer('an object server answered with what is no JSON')
  }
}
