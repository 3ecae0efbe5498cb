import { softwareName } from '../../io/software.ts'
import { AUTHENTICATION_FAILED, branded } from '../../message/brands.ts'
import { HttpError } from '../../message/errors.ts'
import type { Request } from '../../message/request.ts'
import { Response } from '../../message/response.ts'
import type { FoldedObject } from '../../object/folded.ts'
import { infoOf, noSuch } from '../../object/local-server.ts'
import { tellLogger } from '../../object/logging.ts'

/** Bytes of what a caller tells or asks. */
const MOST = 8 * 1024 * 1024

/**
 * What is asked beside requests (docs/objects-protocol.md).
 * @throws HttpError 404 where there is no such object, or it cannot be asked that; 403 for a password that is not right.
 */
export async function otherCall(
  kind: string,
  name: string,
  server: string,
  objects: ReadonlyMap<string, FoldedObject>,
  request: Request,
): Promise<Response> {
  if (request.body !== null) request.body.limit = MOST
  if (kind === 'info') {
    const since = new Date(performance.timeOrigin).toISOString()
    return Response.json({ server, software: softwareName(), since, objects: await infoOf(objects) })
  }
  const object = objects.get(name)
  if (kind === 'log' && object?.logger !== undefined) {
    await tellLogger(object.logger, await request.text())
    return new Response(null, { status: 204 })
  }
  if (kind === 'authenticate' && object?.authenticator !== undefined) {
    const { name: user, password } = Object(await request.json()) as {
      readonly name: string
      readonly password: string
    }
    try {
      return Response.json(await object.authenticator.authenticateUser(String(user), String(password)))
    } catch (error) {
      if (branded(error, AUTHENTICATION_FAILED)) throw new HttpError(403, { code: 'authentication-failed' })
      throw error
    }
  }
  throw noSuch(name)
}
