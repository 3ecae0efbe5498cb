export { type Told, toldBy as callOf, webServerUser } from './door/called/call.ts'
export { type ScgiOptions, type ScgiServer, serveScgi } from './door/scgi/server.ts'
