import { plainAddress } from '../../io/addresses.ts'
import type { AuthorizationRecord } from '../../message/connection.ts'
import { siteOf } from '../called/sites.ts'
import { answerNode, type NodeOptions, type NodeRequest, type NodeResponse } from './answer.ts'

/** What is used of a request of Fastify's. */
export interface FastifyRequestLike {
  readonly raw: NodeRequest
  readonly ip: string
  readonly protocol: string
  readonly id: string
}

/** What is used of a reply of Fastify's. */
export interface FastifyReplyLike {
  readonly raw: NodeResponse
  readonly sent: boolean
  getHeaders(): Readonly<Record<string, string | number | readonly string[] | undefined>>
  hijack(): unknown
  callNotFound(): unknown
  send(value: unknown): unknown
}

type Handler = (request: FastifyRequestLike, reply: FastifyReplyLike) => void
type Parser = (request: FastifyRequestLike, content: unknown, done: (error: Error | null) => void) => void

/** What is used of Fastify, with the prefix of where the plugin is registered. */
export interface FastifyLike {
  readonly prefix: string
  removeAllContentTypeParsers(): unknown
  addContentTypeParser(type: string, parser: Parser): unknown
  all(path: string, handler: Handler): unknown
}

export interface FastifySiteOptions extends Omit<NodeOptions, 'user'> {
  /** Whom the host has let in, for `access: { scheme: webServerUser }`; nobody where it is left out. */
  readonly user?: (request: FastifyRequestLike) => AuthorizationRecord | undefined
}

/** A plugin of Fastify 4 or 5. */
export type FastifySite = (fastify: FastifyLike, options: unknown, done: (error?: Error) => void) => void

/**
 * A site as a plugin of Fastify: `fastify.register(fastifySite(site), { prefix: '/app' })`. It takes all methods that
 * Fastify knows, below its prefix, and leaves the content to the site; hooks run before it. What no route of the site
 * answers goes to Fastify's own handler for what is not found. The routes of a Site see the whole path, with the prefix.
 * @param app A Site, or a resource: what a module would export.
 * @throws TypeError for what can answer nothing.
 */
export function fastifySite(app: unknown, options: FastifySiteOptions = {}): FastifySite {
  const site = siteOf(app, { log: options.log, report: options.report, limits: options.limits })
  return (fastify, _, done) => {
    const mount = fastify.prefix
    const handle: Handler = (request, reply) => {
      const { raw } = request
      const handed = {
        target: raw.url ?? '',
        mount,
        user: options.user?.(request),
        client: { address: plainAddress(request.ip), secure: request.protocol === 'https' },
        requestId: request.id,
        onHead: () => giveAway(reply),
      }
      answerNode(site, raw, reply.raw, handed, { handBack: true, routesByText: true }).then(
        (outcome) => (outcome === 'declined' ? reply.callNotFound() : !reply.sent && reply.hijack()),
        (error) => (reply.sent ? reply.raw.destroy() : reply.send(error)),
      )
    }
    fastify.removeAllContentTypeParsers()
    fastify.addContentTypeParser('*', (_request, _content, parsed) => parsed(null))
    fastify.all('/', handle)
    fastify.all('/*', handle)
    done()
  }
}

/** From here on the answer is the site's. Fields that hooks have set go with it. */
function giveAway(reply: FastifyReplyLike): void {
  const { raw } = reply
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value as string)
  }
  reply.hijack()
}
