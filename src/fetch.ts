export { webServerUser } from './door/called/call.ts'
export { type FetchHandlerOptions, fetchHandler } from './door/fetch/handler.ts'
export type { HostFacts } from './door/host/request.ts'
