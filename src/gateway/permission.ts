import type { Reply, Variables } from '../message/interface.ts'
import type { Request } from '../message/request.ts'
import type { CgiHead } from '../protocol/cgi/head.ts'
import { textOfBytes } from '../protocol/cgi/octets.ts'
import { ANSWER } from '../protocol/object/names.ts'
import type { AnswerBody } from './answer-body.ts'
import { badAnswer, type Call, type CallOver, type Open, told } from './call.ts'
import { type ExchangeOptions, exchange, type GatewayAnswer } from './exchange.ts'
import { Refused } from './refused.ts'

/** A call of somebody who is asked who may. */
export interface Question extends Call {
  over: ((how: CallOver) => void) | undefined
}

/** Makes the client's answer of one that is no permission. */
export type Refusal = (answer: GatewayAnswer, request: Request) => Reply

const VARIABLE = /^variable-(.+)$/i
/** Bytes that a permission may have as its content, which nobody reads. */
const MOST = 1024 * 1024

/**
 * Asks an Authorizer over a wire (FastCGI specification §6.3): its 200 lets a request in, and the fields `Variable-NAME` of it
 * are variables. Only a permission that is whole counts, and only of whoever ended well.
 * @throws Refused with what `refusal` makes of any other answer, or what that throws; HttpError 502, 503, 504 where there is none.
 */
export async function permission(
  open: Open,
  question: Question,
  options: ExchangeOptions,
  refusal: Refusal,
): Promise<Variables> {
  const over = new Promise<CallOver>((resolve) => {
    question.over = resolve
  })
  const answer = await exchange(open, question, options)
  const { head, body } = answer
  if (!isPermission(head)) throw new Refused(await refusal(answer, question.request))
  await readToEnd(body, options.name)
  // Its exit status (FastCGI specification §5.5): a program that failed behind its head has decided nothing.
  const { error, said } = await over
  if (error !== undefined) throw error
  if (said !== undefined) throw badAnswer(`${options.name}: it let the request in, and ended with ${told(said)}`)
  if (head.dropped.length > 0) throw badAnswer(`${options.name}: its permission has a line that is no field`)
  return variablesOf(head, options.name)
}

/** A redirect needs no status (RFC 3875 §6.2); and what an object has thrown is no permission, whatever its status is. */
function isPermission({ status, headers }: CgiHead): boolean {
  if (headers.has(ANSWER)) return false
  return status === 200 || (status === undefined && !headers.has('location'))
}

/** Half a permission is none. */
async function readToEnd(body: AnswerBody, about: string): Promise<void> {
  // Of the answer to HEAD nothing is held.
  if (body.discarding) return
  let size = 0
  for await (const piece of body) {
    size += piece.byteLength
    if (size > MOST) throw badAnswer(`${about}: its permission has more than ${MOST} bytes of content`)
  }
}

/**
 * Fields are octets; what is UTF-8 in them becomes text.
 * @throws HttpError 502 for a variable that is there twice: one of two names of users may be what a client has slipped in.
 */
function variablesOf({ headers }: CgiHead, about: string): Variables {
  const variables: Record<string, string> = Object.create(null)
  for (const [field, value] of headers.raw()) {
    const name = VARIABLE.exec(field)?.[1]
    if (name === undefined) continue
    if (name in variables) throw badAnswer(`${about}: it says twice what ${name} is`)
    variables[name] = textOfBytes(value)
  }
  return variables
}
