export { type Call, callOf, type FilterData, webServerUser } from './door/fastcgi/call.ts'
export type { Roles } from './door/fastcgi/roles.ts'
export { type FastCgiOptions, type FastCgiServer, serveFastCgi } from './door/fastcgi/server.ts'
