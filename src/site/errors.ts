import { branded, HTTP_ERROR } from '../message/brands.ts'
import type { Connection } from '../message/connection.ts'
import { HttpError } from '../message/errors.ts'
import { toResponse } from '../message/fetch.ts'
import { Headers } from '../message/headers.ts'
import type { FetchResponse } from '../message/interface.ts'
import type { Request } from '../message/request.ts'
import type { Response } from '../message/response.ts'
import { defaultPage } from './error-page.ts'

/** What a site says instead of the default page. */
export type ErrorPage = (
  error: HttpError,
  request: Request,
  connection: Connection,
) => Response | FetchResponse | Promise<Response | FetchResponse>

/** Pages by status (`404`), by class (`4xx`, `5xx`), or for all (`default`); the narrowest counts. */
export type ErrorPages = Readonly<Record<string, ErrorPage>>

/** What is thrown as an HttpError: itself, or a 500 that tells the client nothing of it. */
export function toHttpError(thrown: unknown): HttpError {
  return branded(thrown, HTTP_ERROR) ? (thrown as HttpError) : new HttpError(500, { code: 'internal', cause: thrown })
}

/**
 * The answer for something thrown. An error page that fails itself is reported and replaced by the default one; the
 * fields that the error must have (Allow, WWW-Authenticate, …) stay, whoever made the page, and so does its status
 * where the page has none but 200.
 */
export function errorResponse(
  error: HttpError,
  pages: ErrorPages,
  request: Request,
  connection: Connection,
): Response | Promise<Response> {
  const page = pages[error.status] ?? pages[`${Math.floor(error.status / 100)}xx`] ?? pages['default']
  return page === undefined ? defaultPage(error, request) : ownPage(page, error, request, connection)
}

async function ownPage(page: ErrorPage, error: HttpError, request: Request, connection: Connection): Promise<Response> {
  try {
    const made = toResponse(await page(error, request, connection))
    if (made === undefined) throw new TypeError('an error page returned something that is no Response')
    // A copy, for the page may give the same answer every time.
    const answer = made.with(made.status === 200 ? { status: error.status } : {})
    const fields = new Headers(error.headers)
    for (const name of fields.keys()) answer.headers.delete(name)
    for (const [name, value] of fields.raw()) answer.headers.append(name, value)
    return answer
  } catch (cause) {
    connection.exchange.report('error', 'The error page failed.', { status: error.status, error: cause })
    return defaultPage(error, request)
  }
}
