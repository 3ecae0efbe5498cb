export { webServerUser } from './door/called/call.ts'
export type { NodeOptions, NodeRequest, NodeResponse } from './door/node/answer.ts'
export {
  type FastifyLike,
  type FastifyReplyLike,
  type FastifyRequestLike,
  type FastifySite,
  type FastifySiteOptions,
  fastifySite,
} from './door/node/fastify.ts'
export { type NodeHandler, nodeHandler } from './door/node/handler.ts'
export {
  type MiddlewareOptions,
  type MiddlewareRequest,
  middleware,
  type SiteMiddleware,
} from './door/node/middleware.ts'
export { type NodeUpgrade, nodeUpgrade } from './door/node/upgrade.ts'
