export { type Told, toldBy as callOf, webServerUser } from './door/called/call.ts'
export { type CgiOptions, serveCgi } from './door/cgi/serve.ts'
