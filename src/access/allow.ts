import { networks } from '../io/addresses.ts'
import { AuthorizationRequired, Forbidden } from '../message/errors.ts'
import { isToken } from '../message/fields.ts'
import type { Allow } from './access.ts'
import type { Gate } from './gate.ts'

/** Addresses whose network was looked up, and clients choose them: beyond so many all are forgotten. */
const MOST_ADDRESSES = 1000

/** Lets requests by these methods pass. @throws TypeError for what is no method. */
export function byMethod(methods: readonly string[]): Gate {
  for (const method of methods) {
    if (!isToken(method) || method !== method.toUpperCase())
      throw new TypeError(`${JSON.stringify(method)} is no method; methods are written in capitals`)
  }
  const allowed = new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)
  return ({ method }) => {
    if (!allowed.has(method)) throw new Forbidden()
  }
}

/** Lets clients in these networks pass. @throws TypeError for what is no network. */
export function byAddress(addresses: readonly string[]): Gate {
  const allowed = networks(addresses)
  const known = new Map<string, boolean>()
  return (_, { clientAddress }) => {
    let passes = known.get(clientAddress)
    if (passes === undefined) {
      passes = allowed.has(clientAddress)
      if (known.size === MOST_ADDRESSES) known.clear()
      known.set(clientAddress, passes)
    }
    if (!passes) throw new Forbidden()
  }
}

/** Lets these users pass, and all who are in one of these groups. */
export function byName({ users = [], groups = [] }: Allow): Gate {
  const names = new Set(users)
  const teams = new Set(groups)
  return (_, { user }) => {
    if (user === undefined) throw new AuthorizationRequired()
    if (names.has(user.name)) return
    for (const group of user.groups) if (teams.has(group)) return
    throw new Forbidden()
  }
}
