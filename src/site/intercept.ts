import { AnswerBody } from '../gateway/answer-body.ts'
import { cancelBody } from '../message/body.ts'
import type { Connection } from '../message/connection.ts'
import { HttpError } from '../message/errors.ts'
import { toResponse } from '../message/fetch.ts'
import { Headers } from '../message/headers.ts'
import type { Answer, Handler } from '../message/interface.ts'
import { isPromise } from '../message/reply.ts'
import type { Response } from '../message/response.ts'

/** Which error answers become error pages: all from 400 on, or those with these statuses. */
export type Intercept = boolean | readonly number[]

/** What of an error answer is for the client, whoever makes the page. */
const KEPT: ReadonlySet<string> = new Set([
  ...['set-cookie', 'www-authenticate', 'allow', 'retry-after', 'location', 'content-range', 'upgrade'],
  ...['accept', 'accept-encoding', 'accept-patch', 'accept-post', 'vary'],
])

/**
 * The resource, but that its error answers are thrown, so that they become the site's error pages. The log is told the
 * status that it had said.
 * @throws RangeError for a status that no error has.
 */
export function intercepting(resource: Handler, which: Intercept = false): Handler {
  if (which === false) return resource
  const statuses = which === true ? undefined : new Set(which)
  for (const status of statuses ?? []) {
    if (!Number.isInteger(status) || status < 400 || status > 599) throw new RangeError(`no error has status ${status}`)
  }
  const settle = (answer: Answer, connection: Connection): Answer => {
    const response = toResponse(answer)
    if (response === undefined || response.status < 400) return response ?? answer
    if (statuses?.has(response.status) === false) return response
    throw intercepted(response, connection)
  }
  return (request, connection) => {
    const reply = resource(request, connection)
    return isPromise(reply) ? reply.then((answer) => settle(answer, connection)) : settle(reply, connection)
  }
}

function intercepted(response: Response, { exchange }: Connection): HttpError {
  const { body, status } = response
  // What is left of a short answer is read, so that the connection to the back end can be used again.
  if (body instanceof AnswerBody) body.discard()
  else cancelBody(body)
  exchange.backend = { ...exchange.backend, status }
  const headers = new Headers()
  for (const [name, value] of response.peek().raw()) if (KEPT.has(name.toLowerCase())) headers.append(name, value)
  return new HttpError(status, { code: 'intercepted', headers })
}
