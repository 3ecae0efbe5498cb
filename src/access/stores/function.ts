import type { AuthorizationRecord } from '../../message/connection.ts'
import { AuthenticationFailed } from '../../message/errors.ts'
import type { Authenticator } from '../../message/interface.ts'
import { isPromise } from '../../message/reply.ts'

/** Says who somebody is by name and password; undefined where there is no such user, or it is not the password. */
export type AskForUser = (
  name: string,
  password: string,
) => AuthorizationRecord | undefined | Promise<AuthorizationRecord | undefined>

/** A function as a store of passwords. What it says is checked: what is no record lets nobody in, by a TypeError. */
export function functionStore(ask: AskForUser): Authenticator {
  return {
    authenticateUser(name, password) {
      const told = ask(name, password)
      return isPromise(told) ? told.then(checked) : checked(told)
    },
  }
}

function checked(told: unknown): AuthorizationRecord {
  if (told === undefined || told === null) {
    throw new AuthenticationFailed('there is no such user, or this is not the password')
  }
  const { name, groups } = told as { readonly name?: unknown; readonly groups?: unknown }
  if (!isName(name)) throw new TypeError(`the store told no record: its name must be a text${NAME}`)
  if (!Array.isArray(groups) || !groups.every(isName)) {
    throw new TypeError(`the store told no record: its groups must be a list of texts${NAME}`)
  }
  // Its own copy: what the function does with its record later changes nobody's rights.
  return { name, groups: [...groups] }
}

const NAME = ', not empty and without control characters'

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !/\p{Cc}/u.test(value)
}
