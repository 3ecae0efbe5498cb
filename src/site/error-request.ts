import { cancelBody } from '../message/body.ts'
import type { Connection } from '../message/connection.ts'
import type { HttpError } from '../message/errors.ts'
import { Exchange } from '../message/exchange.ts'
import { toResponse } from '../message/fetch.ts'
import type { Answer, Handler } from '../message/interface.ts'
import { canonicalPath } from '../message/path.ts'
import { isPromise } from '../message/reply.ts'
import { Request } from '../message/request.ts'

/** How long the page of an error may take to begin, in milliseconds. */
export const PATIENCE = 10_000

/** What made the first request conditional, partial or a take-over, and what told of its content. */
const NOT_ASKED_AGAIN = [
  ...['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range', 'range'],
  ...['content-length', 'content-type', 'content-encoding', 'content-language', 'content-range', 'transfer-encoding'],
  ...['expect', 'trailer', 'te', 'upgrade', 'max-forwards', 'proxy-authorization'],
]

type Make = (error: HttpError, request: Request, connection: Connection) => Answer | Promise<Answer>

/**
 * Has a handler make the page of an error: by GET, or by HEAD for HEAD, without content, for the same client but for
 * nobody that a guard let in. It is told of the error by `connection.failure`, and that its client has gone.
 * @param pathFor Where the page is; the path that failed where it is left out.
 */
export function asking(handler: Handler, pathFor?: (status: number) => string): Make {
  return (error, request, connection) => {
    const asked = pageRequest(request, pathFor?.(error.status))
    // It was meant for the guard of a route: that of the page may see it, whoever makes the page does not.
    if (pathFor === undefined) asked.headers.delete('authorization')
    request.headers.withhold('authorization')
    request.onAbort((reason) => asked.abort(reason))
    const exchange = new Exchange((level, event, fields) => connection.exchange.report(level, event, fields))
    const made = handler(asked, connection.toTell({ error, request }, exchange))
    return isPromise(made) ? inTime(made, (why) => asked.abort(why)) : made
  }
}

/** What is made in time. @param late Called where it is not; what comes after all is let go. @throws Error then. */
export function inTime(making: Promise<Answer>, late?: (why: Error) => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let over = false
    const timer = setTimeout(() => {
      over = true
      const why = new Error(`it did not begin within ${PATIENCE / 1000} seconds`)
      late?.(why)
      reject(why)
    }, PATIENCE)
    making.then(
      (answer) => {
        clearTimeout(timer)
        if (over) cancelBody(toResponse(answer)?.body ?? null)
        else resolve(answer)
      },
      (error) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}

/**
 * The target is that of the page too: a program that routes by REQUEST_URI would else answer, without a guard, the path
 * that the client was refused.
 */
function pageRequest(first: Request, to: string | undefined): Request {
  const headers = first.headers.kept()
  for (const name of NOT_ASKED_AGAIN) headers.delete(name)
  const { path, search } = to === undefined ? first : parted(to)
  return new Request({
    method: first.method === 'HEAD' ? 'HEAD' : 'GET',
    target: to ?? first.target,
    path,
    search,
    version: first.version,
    authority: first.authority,
    secure: first.secure,
    headers,
    body: null,
    selective: false,
  })
}

/** The path was looked at when the page was built. */
function parted(to: string): { path: string; search: string } {
  const mark = to.indexOf('?')
  const path = mark < 0 ? to : to.slice(0, mark)
  return { path: canonicalPath(path) ?? path, search: mark < 0 ? '' : to.slice(mark) }
}
