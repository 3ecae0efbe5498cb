import type { Call, Content, Open } from '../../gateway/call.ts'
import { arriving, spooled } from '../../gateway/content.ts'
import { type ExchangeOptions, exchange, type GatewayAnswer } from '../../gateway/exchange.ts'
import { contentOf } from '../../gateway/reply.ts'
import type { Connection } from '../../message/connection.ts'
import { HttpError } from '../../message/errors.ts'
import { Headers } from '../../message/headers.ts'
import type { OwnIdentity } from '../../message/identity-fields.ts'
import type { Handler, Reply } from '../../message/interface.ts'
import { type IncomingBody, Request } from '../../message/request.ts'
import { Response } from '../../message/response.ts'
import { reasonPhrase } from '../../message/status.ts'
import { explaining } from '../explain.ts'
import { nobody } from '../explain-program.ts'
import { answerFields } from './answer-fields.ts'
import { Tunnel } from './join.ts'
import { type ForwardOptions, PROXY_TIMEOUTS } from './options.ts'
import type { Named, OwnNames } from './public-names.ts'
import { PSEUDONYM } from './request-fields.ts'
import { type Lines, RequestLines } from './request-lines.ts'
import { type Upgrades, upgradeAsked, upgradesOf } from './upgrade.ts'

/** What is told beside the options, of HTTP servers that are known by an address. */
export interface ForwardTo extends ForwardOptions {
  /** What the site knows users by. */
  readonly identity?: OwnIdentity | undefined
  /** What the back ends are by their own account: `http://127.0.0.1:9000`; `http://localhost` where it is left out. */
  readonly origins?: readonly string[]
  /** Whether answers say in Via that they came through here (RFC 9110 §7.6.3); true where it is left out. */
  readonly via?: boolean | undefined
}

/**
 * Has an HTTP server answer, over whatever opens calls (RFC 9110 §7.6): the request goes as the guard saw it, its answer
 * comes back as it is, but for what is of one connection and for what names the back end's own address.
 * @param name What the log calls it by.
 * @throws TypeError for options that cannot be.
 */
export function forwarder(open: Open, name: string, options: ForwardTo): Handler {
  const forward = new Forward(open, name, options)
  return explaining(
    (request, connection) => forward.handle(request, connection),
    async (request) => [['upstream', name], ...forward.explain(request)],
  )
}

class Forward {
  readonly #open: Open
  readonly #lines: RequestLines
  readonly #own: OwnNames | undefined
  readonly #upgrades: Upgrades
  readonly #exchange: ExchangeOptions
  readonly #spool: boolean
  readonly #upgraded: number
  readonly #via: boolean

  constructor(open: Open, name: string, options: ForwardTo) {
    const { origins = ['http://localhost'], location = true, cookies = {}, spool = false, upgrade, buffer } = options
    const timeouts = { ...PROXY_TIMEOUTS, ...options.timeouts }
    this.#open = open
    this.#lines = new RequestLines(options, origins[0] ?? '', options.identity)
    this.#own = location ? { origins, base: this.#lines.base, cookies } : undefined
    this.#upgrades = upgradesOf(upgrade)
    this.#exchange = { timeouts, name, buffer }
    this.#spool = spool
    this.#upgraded = timeouts.upgraded
    this.#via = options.via ?? true
  }

  handle(request: Request, connection: Connection): Reply {
    const own = answeredHere(request) ?? this.#toFolder(request)
    if (own !== undefined) return own
    const lines = this.#lines.of(request, connection)
    const { body } = request
    if (body === null) return this.#call(request, connection, lines, undefined)
    if (!this.#spool) return this.#call(request, connection, lines, this.#arriving(body))
    return spooled(body, connection.exchange).then((content) => this.#call(request, connection, lines, content))
  }

  explain(request: Request): (readonly [string, string])[] {
    const { text } = this.#lines.of(request.authority === '' ? fromSomewhere(request) : request, nobody())
    return text
      .trimEnd()
      .split('\r\n')
      .map((line, i) => [i === 0 ? 'request' : 'field', line] as const)
  }

  #call(request: Request, connection: Connection, lines: Lines, content: Content | undefined): Promise<Response> {
    const upgrade = upgradeAsked(request, this.#upgrades)
    const takesTrailers = wantsTrailers(request)
    const call: Call = {
      request,
      connection,
      variables: [],
      lines: lines.text,
      upgrade,
      takesTrailers,
      content,
      data: undefined,
      tried: undefined,
    }
    const named = { request, connection, host: lines.host }
    return exchange(this.#open, call, this.#exchange).then((answer) => this.#answer(answer, named, takesTrailers))
  }

  #answer(answer: GatewayAnswer, named: Named, takesTrailers: boolean): Response {
    const { head, body, switched } = answer
    const status = head.status ?? 502
    const statusText = head.statusText === reasonPhrase(status) ? '' : head.statusText
    const headers = answerFields(head.headers, status === 101 || status === 426, this.#own, named)
    // The version is that by which the answer came here.
    if (this.#via) headers.append('Via', `1.${head.minor ?? 1} ${PSEUDONYM}`)
    if (switched !== undefined) {
      const tunnel = new Tunnel(switched, this.#upgraded)
      named.request.onAbort(() => tunnel.drop())
      return new Response(null, { status, statusText, headers, upgrade: (socket, head) => tunnel.take(socket, head) })
    }
    const { request } = named
    // Fields behind the content go only where its end is told apart from its length (RFC 9112 §6.5).
    const whole = body.trailers === undefined || body.trailers.fields().length === 0
    const content = whole ? contentOf(body, status, request) : body
    const streamed = content === body && takesTrailers
    return statusText === '' && !streamed
      ? Response.over(status, headers, content)
      : new Response(content, {
          status,
          statusText,
          headers,
          ...(streamed && { trailers: () => answerFields(body.trailers ?? new Headers(), false, undefined, named) }),
        })
  }

  #arriving(body: IncomingBody): Content {
    return { ...arriving(body), trailers: () => this.#lines.trailers(body.trailers) }
  }

  /** Of a mounted folder the links are relative to its slash. */
  #toFolder({ method, rest, mount, path, search }: Request): Response | undefined {
    if (this.#lines.base === undefined || rest !== '' || mount === '') return undefined
    return method === 'GET' || method === 'HEAD' ? Response.redirect(`${path}/${search}`, 308) : undefined
  }
}

/** A request that names no host, as a client would send it: with one that is not known. */
function fromSomewhere(request: Request): Request {
  const seen = new Request({ ...request, authority: '<what the client names>' })
  seen.mount = request.mount
  return seen
}

/** What no back end is asked. */
function answeredHere({ method, headers }: Request): Response | undefined {
  // A tunnel past all routes; and fields of other clients' proxies, ours among them, that a page could read (RFC 9110 §9.3.8).
  if (method === 'CONNECT' || method === 'TRACE') throw new HttpError(501, { detail: `${method} is not done here.` })
  // RFC 9110 §7.6.2: this is where it ends.
  if (method === 'OPTIONS' && headers.get('max-forwards') === '0') return new Response(null, { status: 204 })
  return undefined
}

function wantsTrailers({ headers }: Request): boolean {
  return /(?:^|,)\s*trailers\s*(?:,|;|$)/i.test(headers.get('te') ?? '')
}
