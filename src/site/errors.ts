import { cancelBody } from '../message/body.ts'
import { branded, HTTP_ERROR } from '../message/brands.ts'
import type { Connection } from '../message/connection.ts'
import { HttpError } from '../message/errors.ts'
import { toResponse } from '../message/fetch.ts'
import { Headers } from '../message/headers.ts'
import type { Answer } from '../message/interface.ts'
import { isPromise } from '../message/reply.ts'
import type { Request } from '../message/request.ts'
import type { Response } from '../message/response.ts'
import type { Page } from './error-pages.ts'
import { inTime } from './error-request.ts'

/** What is thrown as an HttpError: itself, or a 500 that tells the client nothing of it. */
export function toHttpError(thrown: unknown): HttpError {
  return branded(thrown, HTTP_ERROR) ? (thrown as HttpError) : new HttpError(500, { code: 'internal', cause: thrown })
}

/** Makes the page of an error that has none of its own, or whose own one failed: by `failure`. Never throws. */
export type LastResort = (
  error: HttpError,
  request: Request,
  connection: Connection,
  failure?: { readonly cause: unknown },
) => Response | Promise<Response>

/**
 * The answer for something thrown. An error page that fails itself is reported and replaced by the last resort for the
 * first error; the fields that the error must have (Allow, WWW-Authenticate, …) stay, whoever made the page, and so does
 * its status, unless a function says otherwise.
 */
export function errorResponse(
  error: HttpError,
  page: Page | undefined,
  request: Request,
  connection: Connection,
  lastResort: LastResort,
): Response | Promise<Response> {
  if (page === undefined) return lastResort(error, request, connection)
  const failed = (cause: unknown): Response | Promise<Response> => {
    // A page that ends with its client has not failed: else clients could fill the error log.
    if (!connection.exchange.aborted) {
      const fields = { page: page.name, status: error.status, error: cause }
      connection.exchange.report('error', 'The error page failed.', fields)
    }
    return lastResort(error, request, connection, { cause })
  }
  try {
    const made = page.make(error, request, connection)
    if (!isPromise(made)) return pageResponse(made, page, error)
    // Those that ask somebody else look at the time themselves.
    const inGoodTime = page.free ? inTime(made) : made
    return inGoodTime.then((answer) => pageResponse(answer, page, error)).catch(failed)
  } catch (cause) {
    return failed(cause)
  }
}

/** They tell of the page, and not of what failed; or they are for answers that did not fail. */
const OF_THE_PAGE = ['etag', 'last-modified', 'accept-ranges', 'content-range', 'content-location', 'location', 'age']

/** @throws TypeError or Error where the answer is no page. */
function pageResponse(answer: Answer, { free, path }: Page, error: HttpError): Response {
  const made = toResponse(answer)
  if (made === undefined) throw new TypeError('an error page returned something that is no Response')
  if (!free && !made.ok) {
    cancelBody(made.body)
    throw new Error(`it answered ${made.status}`)
  }
  // A copy, for the page may give the same answer every time.
  const response = made.with(free && made.status !== 200 ? {} : { status: error.status })
  const { headers } = response
  if (!free) for (const name of OF_THE_PAGE) headers.delete(name)
  // What a folder says of its files is not meant for the errors that they tell of.
  if (path !== undefined) headers.set('Cache-Control', 'no-store')
  if (error.headers === undefined) return response
  const fields = new Headers(error.headers)
  for (const name of fields.keys()) if (name !== 'set-cookie') headers.delete(name)
  for (const [name, value] of fields.raw()) headers.append(name, value)
  return response
}
