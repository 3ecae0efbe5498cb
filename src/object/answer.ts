import { badAnswer } from '../gateway/call.ts'
import type { GatewayAnswer } from '../gateway/exchange.ts'
import { contentOf, replyOf } from '../gateway/reply.ts'
import { HttpError } from '../message/errors.ts'
import { Headers } from '../message/headers.ts'
import type { Answer, Reply } from '../message/interface.ts'
import { Declined, Reroute } from '../message/outcome.ts'
import { canonicalPath } from '../message/path.ts'
import type { Request } from '../message/request.ts'
import { Response } from '../message/response.ts'
import { ANSWER, CODE, METHOD } from '../protocol/object/names.ts'

/** Bytes of what an object says of an error. */
const MOST_DETAIL = 16384

/** What an object answered, whoever it is. @param whole Whether its server knows more than CGI. */
export function objectReply(answer: GatewayAnswer, request: Request, whole: boolean): Reply {
  const { head, body } = answer
  const { headers, status, statusText } = head
  if (!whole || status === undefined) return replyOf(answer, request)
  const said = headers.get(ANSWER)
  if (said !== null) return outcomeOf(said, answer)
  // Fields behind the content go only where its end is told apart from its length (RFC 9112 §6.5).
  const streamed = body.trailers !== undefined && body.trailers.fields().length > 0
  const content = streamed ? body : contentOf(body, status, request)
  if (statusText === '' && content !== body) return Response.over(status, headers, content)
  return new Response(content, {
    status,
    ...(statusText !== '' && { statusText }),
    headers,
    ...(content === body && { trailers: () => body.trailers ?? new Headers() }),
  })
}

/** What it did in the place of answering. @throws HttpError as it was thrown there. */
function outcomeOf(said: string, answer: GatewayAnswer): Answer | Promise<Answer> {
  const { head, body } = answer
  if (said === 'thrown') return thrown(answer)
  body.discard()
  if (said === 'declined') return Declined
  if (said === 'reroute') return rerouted(head.headers)
  throw badAnswer(`an object said of its answer that it is ${JSON.stringify(said.slice(0, 40))}, which means nothing`)
}

async function thrown({ head, body }: GatewayAnswer): Promise<Answer> {
  const { status = 500, headers } = head
  const code = headers.get(CODE) ?? undefined
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of body) {
    size += piece.byteLength
    if (size > MOST_DETAIL) break
    pieces.push(piece)
  }
  const detail = Buffer.concat(pieces).toString('utf8')
  const fields = ownFields(headers)
  if (status < 400) throw badAnswer(`an object threw an error of status ${status}`)
  throw new HttpError(status, {
    ...(code !== undefined && { code }),
    ...(detail !== '' && { detail }),
    ...(fields.fields().length > 0 && { headers: fields }),
  })
}

/** A path of this site, guards included, and never one that is internal: it is another program that says so. */
function rerouted(headers: Headers): Reroute {
  const to = headers.get('location') ?? ''
  const mark = to.indexOf('?')
  if (!to.startsWith('/') || to.startsWith('//') || canonicalPath(mark < 0 ? to : to.slice(0, mark)) === undefined) {
    throw badAnswer('an object sent a request on to what is no path')
  }
  const fields = ownFields(headers)
  fields.delete('location')
  return new Reroute(to, {
    ...(headers.get(METHOD) === 'GET' && { method: 'GET' }),
    ...(fields.fields().length > 0 && { headers: fields }),
  })
}

function ownFields(headers: Headers): Headers {
  const made = new Headers(headers)
  for (const name of [ANSWER, CODE, METHOD, 'content-length', 'content-type']) made.delete(name)
  return made
}
