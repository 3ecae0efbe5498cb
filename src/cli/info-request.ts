import { type IncomingMessage, request as overHttp } from 'node:http'
import { request as overTls } from 'node:https'
import type { ServerEntry, SiteInfo } from '../object/info/entries.ts'

/** Milliseconds for the whole, and bytes of an answer. */
const PATIENCE = 30_000
const MOST = 64 * 1024 * 1024

/**
 * Asks a site over HTTP. User and password of the URL go as Basic (RFC 7617).
 * @param unix The socket at which it listens, in the place of host and port.
 * @throws Error that says what was answered instead, and what to do.
 */
export async function asked(url: URL, unix: string | undefined): Promise<SiteInfo | ServerEntry> {
  const { status, text } = await answerOf(url, unix)
  if (status !== 200) throw new Error(refusal(status, url))
  const told = parsed(text)
  if (!isInfo(told)) throw new Error(`${plain(url)} answers, but not as Oriel does: it is no info@root`)
  return told
}

function answerOf(url: URL, unix: string | undefined): Promise<{ readonly status: number; readonly text: string }> {
  const login = url.username === '' ? undefined : `${decoded(url.username)}:${decoded(url.password)}`
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? overTls : overHttp)(new URL(plain(url)), {
      headers: {
        Accept: 'application/json',
        ...(login !== undefined && { Authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
      },
      ...(unix !== undefined && { socketPath: unix }),
      signal: AbortSignal.timeout(PATIENCE),
      agent: false,
    })
    const failed = (cause: Error): void => reject(new Error(unreached(cause, unix ?? plain(url)), { cause }))
    request.on('error', failed)
    request.on('response', (response) => {
      textOf(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), failed)
    })
    request.end()
  })
}

async function textOf(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of response as AsyncIterable<Buffer>) {
    size += piece.byteLength
    if (size > MOST) throw new Error(`its answer has more than ${MOST} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

function refusal(status: number, url: URL): string {
  const where = plain(url)
  if (status === 401) {
    const how = url.username === '' ? 'put them into the URL: http://NAME:PASSWORD@…' : 'these were not right'
    return `${where} wants a name and a password: ${how}`
  }
  if (status === 403) return `${where} is not for you: its guard did not let you in`
  if (status === 404) {
    return `there is no info at ${where}. It is on by itself only for a server that nothing but this machine can reach, asked from there and not through a proxy; elsewhere its config says who may have it: info: { access: … }`
  }
  if (status === 429) return `${where} has had too many wrong passwords: try again later`
  return `${where} answered ${status}`
}

function unreached({ message, name, code }: NodeJS.ErrnoException, where: string): string {
  if (name === 'TimeoutError' || name === 'AbortError') return `${where} did not answer within ${PATIENCE / 1000} s`
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return `nobody listens at ${where}`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the host of ${where} is not known`
  return `${where} could not be asked: ${message === '' ? code : message}`
}

function isInfo(told: unknown): told is SiteInfo | ServerEntry {
  const { site, routes, servers, name, answers } = Object(told) as Readonly<Record<string, unknown>>
  const isSite = typeof site === 'object' && site !== null && entries(routes) && entries(servers)
  return isSite || (typeof name === 'string' && typeof answers === 'boolean')
}

function entries(list: unknown): boolean {
  return Array.isArray(list) && list.every((entry) => entry !== null && typeof entry === 'object')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Without who asks: it is printed. */
function plain({ protocol, host, pathname, search }: URL): string {
  return `${protocol}//${host}${pathname}${search}`
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
