import type { Open } from '../gateway/call.ts'
import { addressesOf } from '../gateway/fastcgi/addresses.ts'
import { type FastCgiOptions as BackendsOptions, fastCgiBackends } from '../gateway/fastcgi/backends.ts'
import { PROGRAM_TIMEOUTS } from '../gateway/patience.ts'
import { permission, type Question } from '../gateway/permission.ts'
import { replyOf } from '../gateway/reply.ts'
import type { AuthorizationRecord, Connection } from '../message/connection.ts'
import type { Authorizer } from '../message/interface.ts'
import type { Request } from '../message/request.ts'
import { authorizerVariables } from '../protocol/cgi/authorizer-variables.ts'
import { byteString } from '../protocol/cgi/octets.ts'
import type { FastCgiAuthorizerGiven } from './access.ts'

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
  const filename = script === undefined ? undefined : byteString(script)
  const env = Object.entries(options.env ?? {}).flatMap(([name, value]) => [byteString(name), byteString(value)])

  const questionOf = (request: Request, connection: Connection): Question => ({
    request,
    connection,
    variables: authorizerVariables(request, connection, env, { filename }),
    lines: undefined,
    asked: true,
    content: undefined,
    data: undefined,
    tried: undefined,
    over: undefined,
  })

  return {
    authorizeUser: (_: AuthorizationRecord | undefined, request: Request, connection: Connection) =>
      permission(open, questionOf(request, connection), settings, replyOf),
  }
}

function isList<T>(given: readonly string[] | T): given is readonly string[] {
  return Array.isArray(given)
}
