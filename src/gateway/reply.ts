import type { Reply } from '../message/interface.ts'
import { Reroute } from '../message/outcome.ts'
import { canonicalPath } from '../message/path.ts'
import type { Request } from '../message/request.ts'
import { Response } from '../message/response.ts'
import { isBodiless } from '../message/status.ts'
import type { AnswerBody } from './answer-body.ts'
import { badAnswer } from './call.ts'
import type { GatewayAnswer } from './exchange.ts'
import { passed } from './passed.ts'

/**
 * What the fields of an answer ask of the server instead of a content, where the route allows it: another file, another
 * path. Undefined: nothing.
 */
export type Handover = (answer: GatewayAnswer, request: Request) => Reply | undefined

/**
 * The answer of a program as ours (RFC 3875 §6.2): a document, a redirect, or the way to another resource of the site.
 * @throws HttpError 502 for a local redirect to what is no path.
 */
export function replyOf(answer: GatewayAnswer, request: Request, handover?: Handover): Reply {
  const { head, body } = answer
  const handed = handover?.(answer, request)
  if (handed !== undefined) {
    body.discard()
    return handed
  }
  const location = head.headers.get('location')
  if (head.status === undefined && location?.startsWith('/') === true) return localRedirect(answer, location)
  const status = head.status ?? (location === null ? 200 : 302)
  const headers = passed(head.headers)
  const content = contentOf(body, status, request)
  // The front door says the length of what is at hand; of a HEAD and a stream only the program knows it.
  if (head.statusText === '') return Response.over(status, headers, content)
  return new Response(content, { status, statusText: head.statusText, headers })
}

/**
 * The server answers as if the client had asked for that path, by GET (§6.2.2), guards included. Cookies that the program
 * set go along.
 */
function localRedirect({ head, body }: GatewayAnswer, location: string): Reroute {
  body.discard()
  const mark = location.search(/[?#]/)
  const path = mark < 0 ? location : location.slice(0, mark)
  if (location.startsWith('//') || canonicalPath(path) === undefined) {
    throw badAnswer('a local redirect leads to no path')
  }
  const cookies = head.headers.getSetCookie().map((value) => ['Set-Cookie', value] as const)
  return new Reroute(location.replace(/#.*$/, ''), { method: 'GET', ...(cookies.length > 0 && { headers: cookies }) })
}

/** The content of an answer. @throws what made it fail, where that is known already: nothing has left yet. */
export function contentOf(body: AnswerBody, status: number, request: Request): Uint8Array | AnswerBody | null {
  if (body.failure !== undefined) throw body.failure
  if (isBodiless(status)) return null
  // Not null: that would be a content of no bytes, and what GET would have is not known.
  if (request.method === 'HEAD') return body
  return body.whole() ?? body
}
