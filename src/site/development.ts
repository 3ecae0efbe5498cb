import { inspect } from 'node:util'
import { redactionOf } from '../log/redaction.ts'
import type { Connection } from '../message/connection.ts'
import type { HttpError } from '../message/errors.ts'
import type { Exchange } from '../message/exchange.ts'
import type { Request } from '../message/request.ts'
import type { Response } from '../message/response.ts'
import { developmentResponse, type Thrown, type Told } from './development-page.ts'
import { framesOf, type Sources, sourceOf } from './stack.ts'

const MOST_CAUSES = 8
const LONGEST_MESSAGE = 4000
const SECRET_NAME = /auth|cookie|token|secret|passw|pwd|api-?key|session|signature|credential/i
const WITHHELD = '(withheld)'
const redaction = redactionOf()

/** Tells of an error with stack, source and request: for developers only. @throws whatever goes wrong with it. */
export function developmentPage(
  error: HttpError,
  request: Request,
  connection: Connection,
  failure: { readonly cause: unknown } | undefined,
  sources: Sources,
): Response {
  return developmentResponse(told(error, request, connection, failure, sources), request)
}

function told(
  error: HttpError,
  request: Request,
  connection: Connection,
  failure: { readonly cause: unknown } | undefined,
  sources: Sources,
): Told {
  const { exchange, user } = connection
  const about: [string, string][] = [
    ['request', `${request.method} ${withoutSecrets(request.target)}`],
    ['path', request.path],
    ['route', routeOf(exchange)],
    ['resource', exchange.resource ?? 'none'],
    ...Object.entries(request.params).map(([name, value]): [string, string] => ['param', `${name} = ${value}`]),
    ...(user === undefined ? [] : [['user', user.name] as [string, string]]),
    ['protocol', connection.protocol],
  ]
  const fields = [...request.headers.raw()].map(([name, value]): [string, string] => {
    return [name, SECRET_NAME.test(name) ? WITHHELD : withoutSecrets(value)]
  })
  const pageFailure = failure === undefined ? undefined : thrownOf(failure.cause, sources)
  return { error, chain: chainOf(error, sources), pageFailure, about, fields }
}

/** What nobody threw on purpose is told without the 500 that was made of it. */
function chainOf(error: HttpError, sources: Sources): Thrown[] {
  const chain: Thrown[] = []
  const seen = new Set<unknown>()
  let at: unknown = error.code === 'internal' ? error.cause : error
  while (!seen.has(at) && chain.length < MOST_CAUSES) {
    seen.add(at)
    chain.push(thrownOf(at, sources))
    if (at instanceof AggregateError)
      for (const one of at.errors.slice(0, MOST_CAUSES)) chain.push(thrownOf(one, sources))
    if (!(at instanceof Error) || at.cause === undefined) break
    at = at.cause
  }
  return chain
}

function thrownOf(thrown: unknown, sources: Sources): Thrown {
  if (!(thrown instanceof Error)) {
    return { name: 'Thrown', message: shortened(inspected(thrown)), frames: [], source: undefined }
  }
  const frames = framesOf(String(thrown.stack ?? ''))
  const message = shortened(String(thrown.message))
  return { name: String(thrown.name), message, frames, source: sourceOf(frames, sources) }
}

function inspected(value: unknown): string {
  try {
    return inspect(value, { depth: 2, maxStringLength: LONGEST_MESSAGE, maxArrayLength: 20 })
  } catch {
    return `a ${typeof value} that cannot be shown`
  }
}

function shortened(text: string): string {
  return text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE)}…` : text
}

/** A target whose query names no secret. */
function withoutSecrets(given: string): string {
  const target = redaction.referrer(given)
  const mark = target.indexOf('?')
  if (mark < 0) return target
  const pairs = target.slice(mark + 1).split('&')
  const shown = pairs.map((pair) => {
    const [name = ''] = pair.split('=', 1)
    return SECRET_NAME.test(name) ? `${name}=${WITHHELD}` : pair
  })
  return `${target.slice(0, mark)}?${shown.join('&')}`
}

function routeOf({ route, routeIndex }: Exchange): string {
  if (route === undefined) return 'none'
  return routeIndex < 0 ? route : `routes[${routeIndex}] ${route}`
}
