import type { Connection } from '../message/connection.ts'
import type { Request } from '../message/request.ts'
import { isFromElsewhere, isLocalClient } from './local-client.ts'

/** Whether a client may see stacks and source. Whoever is behind a Unix socket is a proxy as a rule. */
export function isDeveloper(request: Request, connection: Connection): boolean {
  return isLocalClient(request, connection, false) && !isFromElsewhere(request)
}
