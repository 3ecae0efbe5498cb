import type { Middleware } from '../message/interface.ts'
import { Response } from '../message/response.ts'
import type { Challenges } from './challenges.ts'

const PREFIX = '/.well-known/acme-challenge/'

/**
 * Answers the authority that looks for a token (HTTP-01, RFC 8555 §8.3), whatever the routes, guards and redirects of
 * the site are; tokens that are not pending are the site's business. Over TLS too: authorities follow redirects.
 */
export function http01(challenges: Challenges): Middleware {
  return (next) => (request, connection) => {
    if (challenges.httpPending && request.path.startsWith(PREFIX)) {
      const answer = request.method === 'GET' && challenges.http(request.path.slice(PREFIX.length))
      if (typeof answer === 'string') return new Response(answer, { headers: HEADERS })
    }
    return next(request, connection)
  }
}

const HEADERS = { 'Content-Type': 'application/octet-stream', 'Cache-Control': 'no-store' }
