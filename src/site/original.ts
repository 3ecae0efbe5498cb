import type { Networks } from '../io/addresses.ts'
import { Connection, type SocketFacts } from '../message/connection.ts'
import { Forbidden } from '../message/errors.ts'
import { isToken } from '../message/fields.ts'
import { Headers } from '../message/headers.ts'
import { Request } from '../message/request.ts'
import { isAuthority } from '../message/target.ts'
import { unambiguousTarget } from '../message/unambiguous.ts'

/** The fields by which a web server tells of the request that it asks about. */
interface Fields {
  readonly target: string
  readonly method: string
  readonly host: string
  readonly scheme?: string
}

const X_ORIGINAL = { method: 'X-Original-Method', host: 'Host' }
const WAYS: readonly Fields[] = [
  // Set by hand, in nginx.
  { target: 'X-Original-URI', ...X_ORIGINAL },
  { target: 'X-Original-URL', ...X_ORIGINAL },
  // By Caddy and Traefik themselves.
  { target: 'X-Forwarded-Uri', method: 'X-Forwarded-Method', host: 'X-Forwarded-Host', scheme: 'X-Forwarded-Proto' },
]
/** That they tell of. */
export const TARGET_FIELDS: readonly string[] = WAYS.map(({ target }) => target)

/** What one way tells of a request. */
interface Saying {
  readonly method: string
  readonly target: string
  readonly path: string
  readonly search: string
  readonly authority: string
  /** Undefined where it is not told. */
  readonly secure: boolean | undefined
}

/** What tells of a content that is not here. */
const OF_CONTENT = ['content-length', 'transfer-encoding', 'expect', 'trailer', 'te']

/** Whom an authorizer believes. */
export interface Believed {
  /** Who may ask: the web servers in front. */
  readonly askers: Networks
  /** Those whose word about the client's address the engine believes too (`trustedProxies`). */
  readonly proxies: Networks
}

/** The request that a web server asks about, and a connection for it. */
export interface Original {
  readonly request: Request
  readonly connection: Connection
}

/**
 * The request that a web server asks about, as its fields tell. A web server passes on what it does not set, so what
 * could be the client's own word is not believed: each field must be there once, and where there are several ways they
 * must agree.
 * @throws Forbidden, and the log says why.
 */
export function originalOf(request: Request, connection: Connection, { askers, proxies }: Believed): Original {
  const { address } = connection.remote
  if (!askers.has(address)) {
    throw refuse(connection, 'Somebody asked authorize who is no web server in front: trustedProxies lists them.')
  }
  const ways = WAYS.filter(({ target }) => request.headers.has(target))
  const [told, ...others] = ways.map((way) => saying(request, connection, way))
  if (told === undefined)
    throw refuse(connection, `The web server that asks sends none of ${TARGET_FIELDS.join(', ')}.`)
  if (others.some((other) => !agree(told, other))) {
    const fields = ways.map(({ target }) => target).join(' and ')
    throw refuse(connection, `A request has ${fields}, which disagree: one of them is the client's own word.`)
  }
  const { method, target, path, search, authority } = told
  // Of the others it could be the client's word: what the first one leaves open, they need not agree with.
  const secure = told.secure ?? connection.secure
  const headers = new Headers(request.headers)
  for (const name of OF_CONTENT) headers.delete(name)
  headers.set('Host', authority)
  const { version } = request
  const asked = new Request({ method, target, path, search, version, authority, secure, headers, body: null })
  request.onAbort((reason) => asked.abort(reason))
  const client = { address: proxies.has(address) ? connection.clientAddress : 'unknown', secure }
  const facts = new FactsOfAsker(connection.socket, secure)
  return { request: asked, connection: new Connection(facts, connection.exchange, connection.protocol, client) }
}

/** What one way tells. @throws Forbidden where it is not whole, or no request that all servers understand alike. */
function saying(request: Request, connection: Connection, way: Fields): Saying {
  const method = only(request, connection, way.method)
  const target = only(request, connection, way.target)
  const parsed = isToken(method) ? unambiguousTarget(method, target) : undefined
  const authority = parsed?.authority ?? only(request, connection, way.host)
  if (parsed === undefined || !isAuthority(authority)) {
    throw refuse(connection, 'A request was refused that web servers could read in two ways.', { method, target })
  }
  const scheme = way.scheme === undefined ? /^https?(?=:)/i.exec(target)?.[0] : only(request, connection, way.scheme)
  const secure = scheme === undefined ? undefined : scheme.toLowerCase() === 'https'
  return { method, target, path: parsed.path, search: parsed.search, authority, secure }
}

function agree(one: Saying, other: Saying): boolean {
  const same = one.method === other.method && one.path === other.path && one.search === other.search
  if (!same || one.authority.toLowerCase() !== other.authority.toLowerCase()) return false
  return one.secure === undefined || other.secure === undefined || one.secure === other.secure
}

/** The one value of a field. @throws Forbidden where there is none, or more. */
function only(request: Request, connection: Connection, name: string): string {
  const values = request.headers.getAll(name)
  const [value] = values
  if (value !== undefined && values.length === 1) return value
  const why = values.length === 0 ? 'does not send' : 'sends more than once'
  throw refuse(connection, `The web server that asks ${why} ${name}, which authorize needs.`)
}

function refuse(connection: Connection, why: string, fields: Readonly<Record<string, unknown>> = {}): Forbidden {
  connection.exchange.report('warn', why, { address: connection.remote.address, ...fields })
  return new Forbidden()
}

/** The socket is the web server's: its certificate says nothing of the client. */
class FactsOfAsker implements SocketFacts {
  readonly tls = undefined
  readonly secure: boolean
  readonly #socket: SocketFacts

  constructor(socket: SocketFacts, secure: boolean) {
    this.#socket = socket
    this.secure = secure
  }

  get remote(): SocketFacts['remote'] {
    return this.#socket.remote
  }

  get local(): SocketFacts['local'] {
    return this.#socket.local
  }

  remoteName(): Promise<string> {
    return Promise.resolve('unknown')
  }
}
