import { badAnswer, type Call, type Open } from '../../gateway/call.ts'
import { exchange, type GatewayAnswer } from '../../gateway/exchange.ts'
import { type HttpUpstreamOptions, httpUpstream } from '../../gateway/http/upstream.ts'
import { Refused } from '../../gateway/refused.ts'
import { replyOf } from '../../gateway/reply.ts'
import { plainAddress } from '../../io/addresses.ts'
import type { AuthorizationRecord, Connection } from '../../message/connection.ts'
import { Headers } from '../../message/headers.ts'
import type { Authorizer, Scheme, Variables } from '../../message/interface.ts'
import { Request } from '../../message/request.ts'
import { textOfBytes } from '../../protocol/cgi/octets.ts'
import { type Asked, askedBy, type ForwardAuthOptions } from './forward-options.ts'
import { isName, namesOf } from './person.ts'

/** Makes what an endpoint is asked over. */
export type MakeUpstream = (options: HttpUpstreamOptions) => { readonly open: Open }

/**
 * An HTTP endpoint that says who somebody is, as nginx's `auth_request` and the forward auth of Traefik and Caddy ask it:
 * each request of a client is told to it without its content. An answer 2xx lets in whom it names; 401, 403 and redirects
 * go to the client as they are; anything else, and none, is 502, 503 or 504, and lets nobody in.
 * @param base The folder that paths are taken from. @throws TypeError for options that cannot be.
 */
export function forwardScheme(
  options: string | ForwardAuthOptions,
  base: string = '.',
  make: MakeUpstream = httpUpstream,
): Scheme {
  const ask = asking(options, base, make)
  return {
    // What it goes by is not known; it has seen the field.
    usesAuthorization: true,
    challenge: () => '',
    async identify(request: Request, connection: Connection): Promise<AuthorizationRecord> {
      const { name, groups } = await ask(request, connection)
      if (name === undefined) throw badAnswer(`${asText(options)}: it lets in somebody without a name`)
      return { name, groups }
    },
  }
}

/** The same as an Authorizer: it need not name anybody; whom it names is REMOTE_USER from there on. */
export function forwardAuthorizer(
  options: string | ForwardAuthOptions,
  base: string = '.',
  make: MakeUpstream = httpUpstream,
): Authorizer {
  const ask = asking(options, base, make)
  return {
    async authorizeUser(_, request: Request, connection: Connection): Promise<Variables> {
      const { name, groups } = await ask(request, connection)
      if (name === undefined) return {}
      return { REMOTE_USER: name, ...(groups.length > 0 && { REMOTE_GROUPS: groups.join(',') }) }
    },
  }
}

interface Answered {
  readonly name: string | undefined
  readonly groups: readonly string[]
}

/** @throws Refused with an answer for the client; HttpError 502, 503, 504. */
function asking(options: string | ForwardAuthOptions, base: string, make: MakeUpstream) {
  const asked = askedBy(options, base)
  const { open } = make(asked.upstream)
  const settings = { timeouts: asked.timeouts, name: asText(options) }
  return async (request: Request, connection: Connection): Promise<Answered> => {
    const question = questionAbout(request)
    const lines = asked.start + linesAbout(request, connection, asked)
    const call: Call = {
      request: question,
      connection,
      variables: [],
      lines,
      asked: true,
      content: undefined,
      data: undefined,
      tried: undefined,
    }
    const answer = await exchange(open, call, settings)
    const { status = 0 } = answer.head
    if (status === 401 || status === 403 || (status >= 300 && status < 400 && status !== 304)) {
      throw new Refused(await replyOf(answer, question))
    }
    answer.body.discard()
    if (status < 200 || status > 299)
      throw badAnswer(`${settings.name}: it answered ${status}, which is neither yes nor no`)
    return personIn(answer, asked, settings.name)
  }
}

/** What the wire goes by: a request of our own, without a content, that ends with that of the client. */
function questionAbout(request: Request): Request {
  const { target, path, search, authority, secure } = request
  const question = new Request({
    ...{ method: 'GET', target, path, search, version: '1.1', authority, secure },
    headers: new Headers(),
    body: null,
  })
  request.onAbort((reason) => question.abort(reason))
  return question
}

/**
 * The path is the canonical one, which is what will be answered: an endpoint that judges by it must not see another one.
 * What the client itself says of these things is not passed on.
 */
function linesAbout(request: Request, { clientAddress, secure }: Connection, { fields }: Asked): string {
  const { method, path, search, authority, headers } = request
  const uri = path + search
  const scheme = secure ? 'https' : 'http'
  const address = plainAddress(clientAddress)
  let lines = `X-Forwarded-Method: ${method}\r\nX-Forwarded-Proto: ${scheme}\r\nX-Forwarded-Uri: ${uri}\r\n`
  lines += `X-Forwarded-For: ${address === '' ? 'unknown' : address}\r\nX-Original-Method: ${method}\r\n`
  if (authority !== '') lines += `X-Forwarded-Host: ${authority}\r\nX-Original-URL: ${scheme}://${authority}${uri}\r\n`
  for (const name of fields) for (const value of headers.getAll(name)) lines += `${name}: ${value}\r\n`
  return lines
}

/** @throws HttpError 502 for an answer that names several, or nobody who can be. */
function personIn({ head }: GatewayAnswer, { user, groups }: Asked, about: string): Answered {
  const [said, ...others] = firstOf(user, head.headers)
  if (said === undefined || (said === '' && others.length === 0)) return { name: undefined, groups: [] }
  const name = textOfBytes(said)
  if (others.length > 0 || !isName(name)) throw badAnswer(`${about}: it names somebody whom nobody can be`)
  return { name, groups: namesOf(textOfBytes(firstOf(groups, head.headers).join())) }
}

/** The values of the first of these fields that is there. */
function firstOf(names: readonly string[], headers: Headers): string[] {
  return names.map((name) => headers.getAll(name)).find((values) => values.length > 0) ?? []
}

function asText(options: string | ForwardAuthOptions): string {
  return typeof options === 'string' ? options : options.address
}
