import { Refused } from '../gateway/refused.ts'
import { cancelBody } from '../message/body.ts'
import { branded, HTTP_ERROR } from '../message/brands.ts'
import type { Connection } from '../message/connection.ts'
import { AuthorizationRequired, type HttpError } from '../message/errors.ts'
import { toResponse } from '../message/fetch.ts'
import { Headers } from '../message/headers.ts'
import { isPromise } from '../message/reply.ts'
import type { Request } from '../message/request.ts'
import type { Gate } from './gate.ts'
import { challengesOf, isUnauthorized } from './identified.ts'

/** Lets pass whom one of these gates lets pass, the first that does; what the others found out does not count. */
export function oneOf(gates: readonly Gate[]): Gate {
  return (request, connection) => from(0, gates, undefined, request, connection)
}

function from(
  first: number,
  gates: readonly Gate[],
  failures: unknown[] | undefined,
  request: Request,
  connection: Connection,
): void | Promise<void> {
  const { user, variables, means } = connection
  for (let i = first; i < gates.length; i++) {
    try {
      const passed = gates[i]?.(request, connection)
      if (!isPromise(passed)) return failures === undefined ? undefined : tell(failures, connection)
      return passed.then(
        () => tell(failures ?? [], connection),
        (error: unknown) => {
          connection.identify(user, variables, means)
          return from(i + 1, gates, [...(failures ?? []), error], request, connection)
        },
      )
    } catch (error) {
      connection.identify(user, variables, means)
      failures = [...(failures ?? []), error]
    }
  }
  const thrown = together(failures ?? [])
  drop((failures ?? []).filter((error) => error !== thrown))
  throw thrown
}

/** A part that is broken is somebody's to repair, though another one let the request in. */
function tell(failures: readonly unknown[], connection: Connection): void {
  for (const error of failures) {
    if (isNo(error)) continue
    connection.exchange.report('error', 'A part of a guard failed; another one let the request in.', { error })
  }
  drop(failures)
}

/** Answers that nobody gets hold a connection, or a process. */
function drop(failures: readonly unknown[]): void {
  for (const error of failures) {
    const answer = error instanceof Refused ? toResponse(error.answer) : undefined
    if (answer !== undefined) cancelBody(answer.body)
  }
}

/**
 * What becomes of a request that nobody lets in: the failure of a part, which might have; else where a part sends the
 * client; else 401 with all challenges; else the first refusal.
 */
function together(failures: readonly unknown[]): unknown {
  const failed = failures.find((error) => !isNo(error))
  if (failed !== undefined) return failed
  const elsewhere = failures.find((error) => isRedirect(statusOf(error)))
  if (elsewhere !== undefined) return elsewhere
  const headers = new Headers()
  for (const challenge of new Set(failures.flatMap(asked))) headers.append('WWW-Authenticate', challenge)
  if (headers.has('www-authenticate')) return new AuthorizationRequired({ headers })
  // Without a challenge so far: whoever has one asks by it.
  return failures.find(isUnauthorized) ?? failures[0]
}

/** Whether it says that somebody may not come in, and not that it could not find that out. */
function isNo(error: unknown): boolean {
  const status = statusOf(error)
  return isUnauthorized(error) || status === 401 || status === 403 || (error instanceof Refused && isRedirect(status))
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400
}

function statusOf(error: unknown): number {
  if (error instanceof Refused) return toResponse(error.answer)?.status ?? 500
  return branded(error, HTTP_ERROR) ? (error as HttpError).status : 0
}

function asked(error: unknown): string[] {
  if (!(error instanceof Refused)) return challengesOf(error)
  const response = toResponse(error.answer)
  return response?.status === 401 ? challengesOf(response) : []
}
