import type { IncomingMessage } from 'node:http'
import { plainAddress } from '../../io/addresses.ts'
import { siteOf } from '../called/sites.ts'
import { answerNode, type NodeOptions, type NodeRequest, type NodeResponse } from './answer.ts'
import { mountAndTarget } from './mounted.ts'

/** What Express and Connect say of a request beside Node. */
export interface MiddlewareRequest extends IncomingMessage {
  readonly originalUrl?: string
  readonly baseUrl?: string
  /** The client's address as Express tells it, by `trust proxy`. */
  readonly ip?: string | undefined
  readonly secure?: boolean
  readonly id?: unknown
}

export interface MiddlewareOptions extends NodeOptions<MiddlewareRequest> {
  /**
   * Whether a path that Express would take for another one than the site does is refused with 400 (`//`, dot segments,
   * encoded letters): else it gets past what stands at a path of its own before the site. True where it is left out.
   */
  readonly routesByText?: boolean
}

/** A middleware of Express 4 or 5, or of Connect. */
export type SiteMiddleware = (
  request: MiddlewareRequest,
  response: NodeResponse,
  next: (error?: unknown) => void,
) => void

/**
 * A site as a middleware of Express or Connect. What no route of the site answers goes to `next()`, untouched. The routes of
 * a Site see the whole path, with what `app.use()` names; a resource that stands alone has that as its mount. It stands
 * before body parsers, or has them keep the bytes in `request.rawBody`.
 * @param app A Site, or a resource: what a module would export.
 * @throws TypeError for what can answer nothing.
 */
export function middleware(app: unknown, options: MiddlewareOptions = {}): SiteMiddleware {
  const site = siteOf(app, options)
  const handling = { handBack: true, routesByText: options.routesByText ?? true }
  return (request, response, next) => {
    const { ip, secure, id } = request
    const handed = {
      ...mountAndTarget(request),
      user: options.user?.(request),
      ...(ip !== undefined && { client: { address: plainAddress(ip), secure: secure === true } }),
      ...(typeof id === 'string' && { requestId: id }),
    }
    answerNode(site, request as NodeRequest, response, handed, handling).then(
      (outcome) => outcome === 'declined' && next(),
      next,
    )
  }
}
