import { type Told, toldBy } from './door/called/call.ts'
import type { Connection } from './message/connection.ts'

export { type Told, webServerUser } from './door/called/call.ts'
export { type ScgiOptions, type ScgiServer, serveScgi } from './door/scgi/server.ts'

/** What the web server told of a request; undefined where the request came in another way. */
export function callOf(connection: Connection): Told | undefined {
  return toldBy(connection)
}
