import { badAnswer, type Call, type Open } from '../gateway/call.ts'
import { exchange, type GatewayAnswer } from '../gateway/exchange.ts'
import { addressesOf } from '../gateway/fastcgi/addresses.ts'
import { type FastCgiOptions as BackendsOptions, fastCgiBackends } from '../gateway/fastcgi/backends.ts'
import { PROGRAM_TIMEOUTS } from '../gateway/patience.ts'
import { replyOf } from '../gateway/reply.ts'
import type { AuthorizationRecord, Connection } from '../message/connection.ts'
import type { Authorizer, Variables } from '../message/interface.ts'
import type { Request } from '../message/request.ts'
import { byteString, textOfBytes } from '../protocol/cgi/octets.ts'
import { cgiVariables } from '../protocol/cgi/variables.ts'
import type { FastCgiAuthorizerGiven } from './access.ts'
import { Refused } from './refused.ts'

/** The path is the resource's, and the Authorizer gets no content (FastCGI specification §6.3). */
const NOT_TOLD = new Set(['SCRIPT_NAME', 'PATH_INFO', 'PATH_TRANSLATED', 'CONTENT_LENGTH'])
/** What clients say of users is not told, under whatever name. */
const NO_FIELDS = { fields: new Set<string>() }
const VARIABLE = /^variable-(.+)$/i

/** Makes what calls are opened by. */
export type Backends = (options: BackendsOptions) => Open

/**
 * A FastCGI application as an Authorizer: its 200 lets a request in, and the fields `Variable-NAME` of it become
 * variables; any other answer goes to the client as it is. Without an answer nobody comes in.
 * @param base The folder that paths of sockets are taken from.
 */
export function fastCgiAuthorizer(
  given: FastCgiAuthorizerGiven,
  base: string,
  backends: Backends = fastCgiBackends,
): Authorizer {
  const options = typeof given === 'string' || isList(given) ? { address: given } : given
  const address = addressesOf(options.address, base)
  const settings = { timeouts: { ...PROGRAM_TIMEOUTS, ...options.timeouts }, name: address.join(', ') }
  const open = backends({ ...options, address, role: 'authorizer' })
  const { script } = options
  // As Apache tells them apart: an application may be called in either role.
  const env = Object.entries({ FCGI_APACHE_ROLE: 'AUTHORIZER', ...options.env }).flatMap(([name, value]) => [
    byteString(name),
    byteString(value),
  ])
  const told = { authorization: true, identity: NO_FIELDS, env }
  const named = { name: '', pathInfo: '', ...(script !== undefined && { filename: byteString(script) }) }

  const callFor = (request: Request, connection: Connection): Call => {
    const all = cgiVariables(request, connection, named, undefined, told)
    const variables: string[] = []
    for (let i = 0; i < all.length; i += 2) {
      if (!NOT_TOLD.has(all[i] as string)) variables.push(all[i] as string, all[i + 1] as string)
    }
    return {
      request,
      connection,
      variables,
      lines: undefined,
      asked: true,
      content: undefined,
      data: undefined,
      tried: undefined,
    }
  }

  return {
    async authorizeUser(_: AuthorizationRecord | undefined, request: Request, connection: Connection) {
      const answer = await exchange(open, callFor(request, connection), settings)
      const { head, body } = answer
      if (head.status !== 200 && !(head.status === undefined && !head.headers.has('location'))) {
        throw new Refused(await replyOf(answer, request))
      }
      // To its end: half a permission is none.
      for await (const _ of body);
      // Its exit status (FastCGI specification §5.5): a program that failed behind its head has decided nothing.
      const { appStatus } = connection.exchange.backend ?? {}
      if (appStatus !== undefined)
        throw badAnswer(`${settings.name}: it let the request in, and ended with status ${appStatus}`)
      return variablesOf(answer, settings.name)
    },
  }
}

/**
 * Fields are octets; what is UTF-8 in them becomes text.
 * @throws HttpError 502 for a variable that is there twice: one of two names of users may be what a client has slipped in.
 */
function variablesOf({ head }: GatewayAnswer, about: string): Variables {
  const variables: Record<string, string> = Object.create(null)
  for (const [field, value] of head.headers.raw()) {
    const name = VARIABLE.exec(field)?.[1]
    if (name === undefined) continue
    if (name in variables) throw badAnswer(`${about}: it says twice what ${name} is`)
    variables[name] = textOfBytes(value)
  }
  return variables
}

function isList<T>(given: readonly string[] | T): given is readonly string[] {
  return Array.isArray(given)
}
