import { badAnswer } from '../gateway/call.ts'
import type { GatewayAnswer } from '../gateway/exchange.ts'
import { replyOf } from '../gateway/reply.ts'
import { cancelBody } from '../message/body.ts'
import type { Connection } from '../message/connection.ts'
import type { Variables } from '../message/interface.ts'
import type { Request } from '../message/request.ts'
import { Response } from '../message/response.ts'
import { textOfBytes } from '../protocol/cgi/octets.ts'
import type { Permission } from './server.ts'

const VARIABLE = /^variable-(.+)$/i

/**
 * What an Authorizer says (FastCGI §6.3): 200 lets in, and its fields `Variable-NAME` are variables; any other answer is the
 * client's. One that ended with an appStatus other than 0 lets nobody in.
 * @throws HttpError 502 for an answer that is none.
 */
export async function permissionOf(
  answer: GatewayAnswer,
  request: Request,
  connection: Connection,
): Promise<Permission> {
  const { head, body } = answer
  if ((head.status ?? 200) !== 200) {
    const refusal = await replyOf(answer, request)
    if (refusal instanceof Response) return refusal
    throw badAnswer('an authorizer sent the request elsewhere')
  }
  // It may say more, and how it ended is known only then.
  for await (const _ of body);
  cancelBody(body)
  const { appStatus = 0 } = connection.exchange.backend ?? {}
  if (appStatus !== 0) throw badAnswer(`an authorizer ended with appStatus ${appStatus}`)
  const variables: Record<string, string> = {}
  const fields = head.headers.fields()
  for (let i = 0; i < fields.length; i += 2) {
    const name = VARIABLE.exec(fields[i] as string)?.[1]
    if (name !== undefined) variables[name] = textOfBytes(fields[i + 1] as string)
  }
  return variables satisfies Variables
}
