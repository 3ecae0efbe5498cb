export { callOf, type Told, webServerUser } from './door/called/call.ts'
export { type ScgiOptions, type ScgiServer, serveScgi } from './door/scgi/server.ts'
