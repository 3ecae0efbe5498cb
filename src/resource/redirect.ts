import type { Handler } from '../message/interface.ts'
import type { Request } from '../message/request.ts'
import { Response } from '../message/response.ts'
import { explaining } from './explain.ts'

export interface RedirectOptions {
  /** Where to: a path or an absolute URL. A `*` at its end takes what the route's `*` matched, `:name` its parameters. */
  readonly to: string
  /** 301, 302, 303, 307 or 308; 302 where it is left out. */
  readonly status?: number
}

/**
 * Sends the client elsewhere (RFC 9110 §15.4). The query goes along unless `to` has one of its own.
 * @throws RangeError for a status that is no redirect.
 */
export function redirect(options: RedirectOptions): Handler {
  const { to, status = 302 } = options
  if (![301, 302, 303, 307, 308].includes(status)) throw new RangeError(`${status} is not the status of a redirect`)
  const rest = to.endsWith('*')
  const base = rest ? to.slice(0, -1) : to
  const answer = (request: Request): Response => {
    const named = base.replace(/:([A-Za-z_]\w*)/g, (all, name: string) => {
      const value = request.params[name]
      return value === undefined ? all : encodeURIComponent(value)
    })
    const target = rest ? named.replace(/\/$/, '') + (request.rest || '/') : named
    const hash = target.indexOf('#')
    const address = hash < 0 ? target : target.slice(0, hash)
    // The query stands before a fragment (RFC 3986 §3): behind it, it would never be sent.
    const search = address.includes('?') ? '' : request.search
    return Response.redirect(address + search + target.slice(address.length), status)
  }
  return explaining(answer, async (request) => [
    ['status', `${status}: to ${answer(request).headers.get('Location') ?? ''}`],
  ])
}
