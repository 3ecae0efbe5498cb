import type { Connection } from '../../message/connection.ts'
import { isToken } from '../../message/fields.ts'
import { Headers } from '../../message/headers.ts'
import type { Variables } from '../../message/interface.ts'
import { isPromise } from '../../message/reply.ts'
import type { Request } from '../../message/request.ts'
import { Response } from '../../message/response.ts'
import type { FoldedObject } from '../../object/folded.ts'
import { noSuch } from '../../object/local-server.ts'
import { byteString } from '../../protocol/cgi/octets.ts'
import { OBJECT } from '../../protocol/object/names.ts'
import { toldBy } from '../called/call.ts'
import type { Answering } from '../called/sites.ts'

/**
 * Published objects as Authorizers (FastCGI §6.3): an answer 200 lets in, and its fields `Variable-NAME` are variables; any
 * other one is the client's.
 * @param site Makes the answer for what is thrown, and tells the loggers.
 */
export function authorizerSite(objects: ReadonlyMap<string, FoldedObject>, site: Answering): Answering {
  const answer = (request: Request, connection: Connection): Response | Promise<Response> => {
    const call = toldBy(connection)
    const { whole } = call ?? {}
    if (whole !== undefined) {
      // As the object behind it has them: by `rest` and `params` it says whose the note is.
      request.mount = whole.mount
      request.params = whole.params
    }
    const name = whole?.object ?? call?.variable(OBJECT) ?? ''
    const authorizer = objects.get(name)?.authorizer
    if (authorizer === undefined) throw noSuch(name)
    const told = authorizer.authorizeUser(connection.user, request, connection)
    return isPromise(told) ? told.then(permission) : permission(told)
  }
  return {
    report: site.report,
    logging: site.logging,
    handle(request, connection) {
      try {
        const made = answer(request, connection)
        return isPromise(made) ? made.catch((error) => site.failed(error, request, connection)) : made
      } catch (error) {
        return site.failed(error, request, connection)
      }
    },
    failed: (thrown, request, connection) => site.failed(thrown, request, connection),
    finished: (request, connection, response) => site.finished(request, connection, response),
  }
}

/** @throws TypeError for a variable that no field can carry. */
function permission(variables: Variables | void): Response {
  const headers = new Headers()
  for (const [name, value] of Object.entries(variables ?? {})) {
    if (!isToken(name)) throw new TypeError(`${JSON.stringify(name)} is no name of a variable`)
    headers.append(`Variable-${name}`, byteString(value))
  }
  return new Response(null, { headers })
}
