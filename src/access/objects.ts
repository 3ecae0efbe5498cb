import { branded, HTTP_ERROR } from '../message/brands.ts'
import { HttpError } from '../message/errors.ts'
import type { Variables } from '../message/interface.ts'
import { isPromise } from '../message/reply.ts'
import type { ObjectServer } from '../object/server.ts'
import type { NamedAuthorizer } from './authorizers.ts'
import { functionStore } from './stores/function.ts'
import type { NamedStore } from './stores/named.ts'

/** A published object that a guard asks. */
export interface AskedObject {
  /** `gate@paul`. */
  readonly address: string
  readonly object: string
  readonly server: ObjectServer
}

/**
 * A published object as an Authorizer (authorize.isl). Its own refusals go to the client; whatever else is no permission lets
 * nobody in.
 */
export function objectAuthorizer({ address, object, server }: AskedObject): NamedAuthorizer {
  const fail = (error: unknown): never => {
    throw isMissing(error)
      ? unable(`${address} is no Authorizer: there is no such object, or it has no authorizeUser`, error)
      : error
  }
  return {
    from: `object ${address}`,
    authorizeUser(who, request, connection) {
      let said: void | Variables | Promise<void | Variables>
      try {
        said = server.authorize(object, who, request, connection)
      } catch (error) {
        return fail(error)
      }
      return isPromise(said) ? said.catch(fail) : said
    },
  }
}

/** A published object as a store of passwords. A name or a password that is not right is all that it refuses by itself. */
export function objectStore({ address, object, server }: AskedObject): NamedStore {
  const { authenticateUser } = functionStore(async (name, password) => {
    try {
      return await server.authenticate(object, name, password)
    } catch (error) {
      // Its words are about our question, and not about the request of the client.
      if (branded(error, HTTP_ERROR) && !isGateway(error as HttpError)) {
        throw unable(`${address} is no Authenticator: ${(error as HttpError).message}`, error)
      }
      throw error
    }
  })
  return { from: `object ${address}`, authenticateUser }
}

/** Whether an object server said that there is no such object, or that it cannot be asked that. */
function isMissing(error: unknown): boolean {
  return branded(error, HTTP_ERROR) && (error as HttpError).code === 'no-object'
}

function isGateway({ status }: HttpError): boolean {
  return status === 502 || status === 503 || status === 504
}

function unable(what: string, cause: unknown): HttpError {
  return new HttpError(503, { code: 'guard', cause: new Error(what, { cause }) })
}
